// DNS: what each name answers now and why, and what it would answer a client that one chooses.
import { useState } from "preact/hooks";
import { DnsAnswer, DnsWhy, get } from "./api";
import { Badge, Card, Empty, Table, Why } from "./parts";
import { State } from "./store";

function Reasons({ why }: { why: DnsWhy }) {
  return <>{why.records.map((record) => <>
    <h3>{why.name} {record.type}, {record.policy}</h3>
    <p>{record.because || record.why}{record.since ? `, since ${record.since}` : ""}</p>
    <Table label={`Answers that ${why.name} ${record.type} can give`} head={["answer", "given", "because"]}>{record.candidates.map((each) =>
      <tr><th scope="row">{each.id ? `${each.id}: ` : ""}{each.value}</th><td>{each.given ? "yes" : "no"}</td>
        <td>{each.standing}{each.drained ? ", drained" : ""}{each.check && <> <Badge health={each.check.health} /> {each.check.name}: {each.check.why || "no probe has failed"} <Why subject={each.check.name} /></>}</td></tr>)}</Table>
  </>)}</>;
}

function Try({ first }: { first: string }) {
  const [name, setName] = useState(first);
  const [type, setType] = useState("A");
  const [client, setClient] = useState("");
  const [answer, setAnswer] = useState<DnsAnswer | null>(null);
  const [error, setError] = useState("");
  async function ask(event: SubmitEvent) {
    event.preventDefault();
    try {
      setAnswer(await get<DnsAnswer>(`dns/query?name=${encodeURIComponent(name)}&type=${encodeURIComponent(type)}&client=${encodeURIComponent(client)}`));
      setError("");
    } catch (problem) { setError((problem as Error).message); setAnswer(null); }
  }
  return <Card title="Try a query">
    <form class="row query" onSubmit={ask}>
      <label>Name <input name="name" required value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
      <label>Type <select name="type" value={type} onChange={(e) => setType(e.currentTarget.value)}>{["A", "AAAA", "CNAME", "HTTPS", "MX", "TXT", "NS", "SOA", "SRV", "CAA"].map((each) => <option>{each}</option>)}</select></label>
      <label>As a client at <input name="client" placeholder="any address" value={client} onInput={(e) => setClient(e.currentTarget.value)} /></label>
      <button type="submit">Ask</button>
    </form>
    {error && <p class="error" role="alert">{error}</p>}
    <div aria-live="polite">{answer && <div class="answer">
      <p>{answer.rcode}{answer.authoritative ? ", authoritative" : ""}{answer.client ? `, as a client at ${answer.client} gets it` : ""}: {answer.answers.length === 0 ? "no record" : ""}</p>
      {answer.answers.length > 0 && <pre tabIndex={0} aria-label="Answer">{answer.answers.map((each) => `${each.name} ${each.ttl_seconds} IN ${each.type} ${each.value}`).join("\n")}</pre>}
      {answer.why ? <Reasons why={answer.why} /> : <p class="note">This node's zones decide nothing about that name.</p>}
    </div>}</div>
  </Card>;
}

export function Dns({ state }: { state: State }) {
  const [word, setWord] = useState("");
  const { dns } = state.status!;
  if (dns.zones.length === 0) return <Card title="DNS"><Empty>The settings have no zone: this node answers no DNS.</Empty></Card>;
  const found = dns.records.filter((record) => record.name.includes(word));
  return <>
    <Card title="Records that choose" side={dns.records.length > 10 ? <label class="filter">Filter <input value={word} onInput={(e) => setWord(e.currentTarget.value.toLowerCase())} /></label> : undefined}>
      {found.length === 0 ? <Empty>No record with a policy.</Empty> : <Table label="Records that choose" head={["name", "type", "answers now", "because"]}>
        {found.slice(0, 300).map((record) => <tr key={record.name + record.type}><th scope="row">{record.name}</th><td>{record.type}</td><td>{record.answers.join(", ") || "nothing"}</td>
          <td>{record.why} <Why subject={record.name.replace(/\.$/, "")} /></td></tr>)}</Table>}
      {found.length > 300 && <p class="note">{found.length - 300} more: filter by a name.</p>}
    </Card>
    <Try first={dns.records[0]?.name.replace(/\.$/, "") ?? dns.zones[0].name} />
    <Card title="Zones"><Table label="Zones" head={["zone", "serial"]}>{dns.zones.slice(0, 300).map((zone) =>
      <tr><th scope="row">{zone.name}</th><td>{zone.serial}</td></tr>)}</Table>
      <p class="note">A whole zone as a master file: <code>evershore dns export</code></p></Card>
    {dns.alias_targets.length > 0 && <Card title="Names outside that ALIAS records follow"><Table label="ALIAS targets" head={["name", "type", "addresses", "state"]}>
      {dns.alias_targets.slice(0, 300).map((each) => <tr><th scope="row">{each.name}</th><td>{each.type}</td><td>{each.addresses.join(", ") || "none"}</td><td>{each.why || (each.known ? "known" : "not known yet")}</td></tr>)}</Table></Card>}
  </>;
}
