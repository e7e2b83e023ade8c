// The body of the first page.

extension Page {
  static let markup = #"""
    <header>
      <h1>Switchboard <span id="cluster"></span></h1>
      <p id="served"></p>
    </header>
    <p id="banner" role="status" aria-live="polite" hidden></p>
    <form id="login" hidden>
      <label for="token">API token</label>
      <input id="token" type="password" autocomplete="off" spellcheck="false" required>
      <button>Show</button>
      <p id="login-note">The page needs a token of any role. It stays in this tab.</p>
    </form>
    <main id="main" hidden>
      <section aria-labelledby="h-nodes">
        <h2 id="h-nodes">Nodes</h2>
        <table id="nodes"><thead><tr>
          <th scope="col">Node</th><th scope="col">State</th><th scope="col" class="n">Leads</th><th scope="col">API</th>
        </tr></thead><tbody></tbody></table>
        <h3>Partitions</h3>
        <ul id="partitions"></ul>
      </section>
      <section aria-labelledby="h-queues">
        <h2 id="h-queues">Queues</h2>
        <table id="queues"><thead><tr>
          <th scope="col">Queue</th><th scope="col" class="n">Waiting</th><th scope="col" class="n">Longest wait</th>
          <th scope="col" class="n">Agents free</th><th scope="col" class="n">Signed in</th><th scope="col">Skill</th>
        </tr></thead><tbody></tbody></table>
      </section>
      <section aria-labelledby="h-agents">
        <h2 id="h-agents">Agents</h2>
        <table id="agents"><thead><tr>
          <th scope="col">Agent</th><th scope="col">State</th><th scope="col" class="n">Holds</th>
          <th scope="col">Capacity</th><th scope="col" class="n">Missed</th>
        </tr></thead><tbody></tbody></table>
      </section>
      <section aria-labelledby="h-events">
        <h2 id="h-events">Events <span id="stream"></span></h2>
        <table id="events"><thead><tr>
          <th scope="col">Time</th><th scope="col">Event</th><th scope="col">Interaction</th>
          <th scope="col">Queue</th><th scope="col">Agent</th><th scope="col">More</th>
        </tr></thead><tbody></tbody></table>
      </section>
    </main>
    """#
}
