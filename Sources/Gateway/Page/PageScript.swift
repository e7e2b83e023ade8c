// The script of the first page. Text from the cluster only ever becomes text, never markup.

extension Page {
  static let script = #"""

    'use strict';
    const $ = id => document.getElementById(id);
    const wait = ms => new Promise(done => setTimeout(done, ms));
    const shownEvents = 100;
    let token = null;
    let bases = [location.origin];
    let base = location.origin;
    let names = {};
    let lastID = null;
    let silence = null;
    let streamAbort = null;
    let lastLost = null;
    let lastLostAt = 0;

    class Refused extends Error {}

    function takeToken() {
      const given = new URLSearchParams(location.hash.slice(1)).get('token');
      if (given) {
        sessionStorage.setItem('token', given);
        history.replaceState(null, '', location.pathname);
      }
      token = sessionStorage.getItem('token');
      askForToken(token ? null : 'The page needs a token of any role. It stays in this tab.');
    }

    function askForToken(note) {
      $('login').hidden = note === null;
      $('main').hidden = note !== null;
      if (note !== null) $('login-note').textContent = note;
    }

    function say(text) {
      $('banner').hidden = text === null;
      $('banner').textContent = text ?? '';
    }

    const nameOf = address => names[address] ? `${names[address]} (${address})` : address;

    // The node behind `address` does not answer: go on with the next one.
    function lost(address) {
      if (address !== base) return;
      lastLost = nameOf(address);
      lastLostAt = Date.now();
      base = bases[(bases.indexOf(base) + 1) % bases.length];
      say(bases.length > 1
        ? `Node ${nameOf(address)} does not answer. Trying ${nameOf(base)} …`
        : `Node ${nameOf(address)} does not answer, and no other node is known. Trying again …`);
      if (streamAbort) streamAbort.abort();
    }

    async function call(path, options) {
      const address = base;
      let response;
      try {
        response = await fetch(address + path, {
          cache: 'no-store', signal: options?.signal ?? AbortSignal.timeout(3000),
          headers: { Authorization: `Bearer ${token}`, ...options?.headers } });
      } catch (error) {
        if (!options?.signal?.aborted) lost(address);
        throw error;
      }
      if (response.status === 401 || response.status === 403) {
        sessionStorage.removeItem('token');
        token = null;
        askForToken('The node does not accept this token. Enter another one.');
      }
      if (!response.ok) {
        const body = await response.json().catch(() => null);
        if (body?.error?.code === 'draining') lost(address);
        throw new Refused(body?.error?.message ?? `status ${response.status}`);
      }
      return response;
    }

    const get = async path => (await call(path)).json();

    function cell(text, kind) {
      const td = document.createElement('td');
      td.textContent = text ?? '';
      if (kind) td.className = kind;
      return td;
    }

    function fill(id, rows, nothing) {
      const body = $(id).tBodies[0];
      if (rows.length === 0) {
        const td = cell(nothing, 'soft');
        td.colSpan = $(id).tHead.rows[0].cells.length;
        rows = [[td]];
      }
      body.replaceChildren(...rows.map(cells => {
        const tr = document.createElement('tr');
        tr.append(...cells);
        return tr;
      }));
    }

    function showCluster(cluster) {
      names = {};
      for (const node of cluster.nodes) if (node.api) names[node.api.replace(/\/+$/, '')] = node.name;
      bases = [...new Set([base, ...Object.keys(names)])];
      $('cluster').textContent = cluster.cluster;
      $('served').textContent = `as node ${cluster.node} sees it · version ${cluster.version}`;
      fill('nodes', cluster.nodes.map(node => [
        cell(node.name),
        cell(node.state === 'self' ? 'up (asked)' : node.state === 'connected' ? 'up' : `unreachable ${node.problem ?? ''}`,
          node.state === 'unreachable' ? 'bad' : 'good'),
        cell(node.leads, 'n'), cell(node.api, 'soft')]), 'No nodes.');
      $('partitions').replaceChildren(...cluster.partitions.map(partition => {
        const li = document.createElement('li');
        li.textContent = `${partition.partition}: ${partition.leader ?? 'no leader'}, term ${partition.term}`;
        li.title = `committed ${partition.commitIndex}, applied ${partition.appliedIndex}, ${partition.health}`;
        if (!partition.leader || partition.health !== 'running') li.className = 'bad';
        return li;
      }));
    }

    function duration(ms) {
      const seconds = Math.round(ms / 1000);
      return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    }

    function showQueues(list) {
      fill('queues', [
        ...list.queues.map(queue => [
          cell(queue.id), cell(queue.waitingTotal, 'n'),
          cell(queue.waitingTotal ? duration(queue.longestWaitMs) : '–', 'n'),
          cell(queue.agentsAvailable, 'n'), cell(queue.agentsSignedIn, 'n'), cell(queue.requiredSkill, 'soft')]),
        ...list.unavailable.map(id => [cell(id), cell('no answer', 'bad')])
      ], 'No queues yet: PUT /v1/queues/NAME makes one.');
    }

    function showAgents(list) {
      const order = { ready: 0, notReady: 1, signedOut: 2 };
      const words = { ready: 'ready', notReady: 'not ready', signedOut: 'signed out' };
      list.agents.sort((a, b) => (order[a.state] ?? 3) - (order[b.state] ?? 3) || (a.id < b.id ? -1 : 1));
      fill('agents', list.agents.map(agent => [
        cell(agent.id),
        cell(`${words[agent.state] ?? agent.state}${agent.reason ? `: ${agent.reason}` : ''}`,
          agent.state === 'ready' ? 'good' : 'soft'),
        cell(agent.slots, 'n'), cell(agent.capacity), cell(agent.misses, 'n')]), 'Nobody has signed in yet.');
    }

    function showEvent(kind, event) {
      const tr = document.createElement('tr');
      const more = [event.change, event.channel, event.availability, event.outcome, event.disposition, event.reason];
      tr.append(
        cell(new Date(event.atMs).toLocaleTimeString()), cell(kind), cell(event.interaction?.slice(0, 12), 'id'),
        cell(event.queue), cell(event.agent), cell(more.filter(Boolean).join(' · '), 'soft'));
      const body = $('events').tBodies[0];
      body.prepend(tr);
      while (body.rows.length > shownEvents) body.lastElementChild.remove();
    }

    function read(message) {
      let kind = 'message', data = '', id = null;
      for (const line of message.split('\n')) {
        const colon = line.indexOf(':');
        if (colon < 1) continue;
        const value = line.slice(colon + 1).replace(/^ /, '');
        const field = line.slice(0, colon);
        if (field === 'id') id = value;
        else if (field === 'event') kind = value;
        else if (field === 'data') data += value;
      }
      if (id !== null) lastID = id;
      if (data && kind !== 'position') showEvent(kind, JSON.parse(data));
    }

    // Follows the events for ever; resumes after every break, at whichever node answers.
    async function follow() {
      for (;;) {
        if (!token) { await wait(300); continue; }
        const address = base;
        const abort = new AbortController();
        streamAbort = abort;
        const alive = () => {
          clearTimeout(silence);
          silence = setTimeout(() => { abort.abort(); lost(address); }, 25000);
        };
        try {
          alive();
          const response = await call('/v1/events', {
            signal: abort.signal, headers: lastID ? { 'Last-Event-ID': lastID } : {} });
          $('stream').textContent = `live from ${nameOf(address)}`;
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
          let text = '';
          for (;;) {
            const { value, done } = await reader.read();
            if (done) break;
            alive();
            text += value;
            const messages = text.split('\n\n');
            text = messages.pop();
            messages.forEach(read);
          }
        } catch (error) {
          if (error instanceof Refused) say(error.message);
        }
        clearTimeout(silence);
        $('stream').textContent = 'interrupted, resuming …';
        await wait(300);
      }
    }

    async function refresh() {
      for (;;) {
        if (token) {
          try {
            showCluster(await get('/v1/cluster'));
            askForToken(null);
            say(lastLost && lastLost !== nameOf(base) && Date.now() - lastLostAt < 20000
              ? `Node ${lastLost} stopped answering. This page goes on with ${nameOf(base)}.` : null);
            const [queues, agents] = await Promise.all([get('/v1/queues'), get('/v1/agents')]);
            showQueues(queues);
            showAgents(agents);
          } catch (error) {
            if (error instanceof Refused && token) say(error.message);
          }
        }
        await wait(1000);
      }
    }

    $('login').addEventListener('submit', event => {
      event.preventDefault();
      sessionStorage.setItem('token', $('token').value.trim());
      $('token').value = '';
      takeToken();
    });
    addEventListener('hashchange', takeToken);
    takeToken();
    refresh();
    follow();
    """#
}
