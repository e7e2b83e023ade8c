// The style of the first page.

extension Page {
  static let style = #"""

    :root { --ground: #fff; --text: #1c2024; --soft: #60646c; --line: #d9dce1; --card: #f7f8fa; --good: #18794e;
      --bad: #c62a2f; --warn: #8a5a00; --warn-ground: #fff3d6; --accent: #2350c9; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #111315; --text: #edeef0; --soft: #a0a5ad; --line: #32363c; --card: #191c1f; --good: #4cc38a;
        --bad: #ff7b7f; --warn: #ffcf70; --warn-ground: #3a2d0c; --accent: #8fb0ff; }
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    body { margin: 0; padding: 1.25rem clamp(1rem, 3vw, 2.5rem) 3rem; background: var(--ground); color: var(--text);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
    header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
    h1 { font-size: 1.35rem; margin: 0; }
    h1 span, #served, #stream { color: var(--soft); font-weight: 400; }
    #served { margin: 0; }
    #stream { font-size: .85rem; }
    h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
    h3 { font-size: .9rem; margin: 1rem 0 .4rem; color: var(--soft); font-weight: 600; }
    main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem;
      margin-top: 1rem; align-items: start; }
    section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem;
      overflow-x: auto; }
    section:last-child { grid-column: 1 / -1; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--line);
      vertical-align: top; }
    tbody tr:last-child td { border-bottom: 0; }
    th { color: var(--soft); font-weight: 500; font-size: .85rem; white-space: nowrap; }
    .n { text-align: right; }
    .good { color: var(--good); }
    .bad { color: var(--bad); }
    .soft { color: var(--soft); }
    .id { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .88em; }
    a { color: var(--accent); }
    #banner { margin: .9rem 0 0; padding: .6rem .9rem; border-radius: .5rem; background: var(--warn-ground);
      color: var(--warn); }
    #partitions { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem; }
    #partitions li { border: 1px solid var(--line); border-radius: .4rem; padding: .1rem .5rem; font-size: .82rem;
      background: var(--ground); font-variant-numeric: tabular-nums; }
    #partitions li.bad { border-color: var(--bad); }
    #login { margin-top: 1.5rem; max-width: 32rem; display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; }
    #login p { flex-basis: 100%; margin: 0; color: var(--soft); }
    input, button { font: inherit; color: inherit; padding: .35rem .7rem; border: 1px solid var(--line);
      border-radius: .4rem; background: var(--card); }
    input { flex: 1; min-width: 12rem; }
    button { cursor: pointer; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    #events td { font-size: .88rem; }
    """#
}
