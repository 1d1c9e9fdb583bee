// Settings: what is in force, where each value is from, and what a reload would change.
import { useEffect, useState } from "preact/hooks";
import { Settings as All, get } from "./api";
import { Card, Empty, Table } from "./parts";

export function Settings() {
  const [all, setAll] = useState<All | null>(null);
  const [error, setError] = useState("");
  const [word, setWord] = useState("");
  const [given, setGiven] = useState(false);
  const load = () => get<All>("settings").then((got) => { setAll(got); setError(""); }, (problem: Error) => setError(problem.message));
  useEffect(() => { void load(); }, []);
  if (!all) return <Card title="Settings">{error ? <p class="error" role="alert">{error}</p> : <p aria-busy="true">Asking the node…</p>}</Card>;
  const found = all.settings.filter((each) => (!given || each.line !== null) && (each.path.toLowerCase().includes(word) || each.value.toLowerCase().includes(word)));
  return <>
    <Card title="What a reload would change" side={<button type="button" class="quiet" onClick={load}>Read the file again</button>}>
      {error && <p class="error" role="alert">{error}</p>}
      {all.problems.length > 0 && <><p class="bad"><span aria-hidden="true">✕</span> The file has problems: a reload would be refused, and the settings below stay.</p><ul>{all.problems.map((each) => <li><code>{each}</code></li>)}</ul></>}
      {all.problems.length === 0 && all.reload.length === 0 && <Empty>Nothing: the file says what is in force.</Empty>}
      {all.reload.length > 0 && <Table label="What a reload would change" head={["setting", "now", "next", "takes effect"]}>{all.reload.map((each) =>
        <tr><th scope="row"><code>{each.path}</code></th><td>{each.now ?? "not there"}</td><td>{each.next ?? "gone"}</td><td>{each.restart ? "at a restart" : "at once"}</td></tr>)}</Table>}
    </Card>
    <Card title="In force">
      <p class="note">From <code>{all.file}</code>. Secrets are told as set or not set.</p>
      <div class="row filters"><label class="filter">Filter <input value={word} onInput={(e) => setWord(e.currentTarget.value.toLowerCase())} /></label>
        <button type="button" class="toggle" aria-pressed={given} onClick={() => setGiven(!given)}>Only those in the file</button></div>
      <Table label="Settings in force" head={["setting", "value", "from", "meaning"]}>{found.slice(0, 500).map((each) =>
        <tr key={each.path}><th scope="row"><code>{each.path}</code></th><td>{each.value || <span class="none">none</span>}</td><td>{each.line === null ? "default" : `line ${each.line}`}</td><td class="soft">{each.text}</td></tr>)}</Table>
      {found.length > 500 && <p class="note">{found.length - 500} more: filter by a word.</p>}
    </Card>
  </>;
}
