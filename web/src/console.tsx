// Evershore's console: one page of the admin listener, drawn from what the node says (store.ts).
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post, setToken } from "./api";
import "./console.css";
import { Dns } from "./dns";
import { Drill } from "./drill";
import { Evidence } from "./evidence";
import { clock } from "./format";
import { Now, headline } from "./now";
import { Action, ActionDialog, Dialog, Done, kRoutes, onAction, onEvidence } from "./parts";
import { Region } from "./region";
import { Settings } from "./settings";
import { State, begin, refresh, signIn, useStore } from "./store";
import { Timeline } from "./timeline";

const kTitles: Record<(typeof kRoutes)[number], string> = { now: "Now", timeline: "Timeline", region: "Region", dns: "DNS", drill: "Drill", settings: "Settings" };

function route(): { page: (typeof kRoutes)[number]; name: string } {
  const [page, name] = location.hash.replace(/^#\//, "").split("/");
  const known = kRoutes.find((each) => each === page) ?? "now";
  let decoded = "";
  try { decoded = decodeURIComponent(name ?? ""); } catch { /* no name then */ }
  return { page: known, name: decoded };
}

function SignIn({ why }: { why: string }) {
  const [token, set] = useState("");
  return <Dialog title="Sign in" must onClose={() => {}}>
    <form onSubmit={(event) => { event.preventDefault(); setToken(token); void signIn(); }}>
      <p>This node asks for its token: <code>admin.token</code> to act, <code>admin.view_token</code> to look.</p>
      <label>Token<input type="password" autoComplete="current-password" required value={token} onInput={(e) => set(e.currentTarget.value)} /></label>
      {!why.startsWith("a token is needed") && <p class="error" role="alert">{why}</p>}
      <div class="row"><button type="submit">Sign in</button></div>
    </form>
  </Dialog>;
}

function Told({ done, onGone }: { done: Done; onGone: () => void }) {
  const [error, setError] = useState("");
  useEffect(() => { const timer = setTimeout(onGone, 60_000); return () => clearTimeout(timer); }, [done.at]);
  async function undo() {
    try {
      await post(done.undo!.path, { ...done.undo!.body, reason: `undo: ${done.text}` });
      onGone();
      void refresh();
    } catch (problem) { setError((problem as Error).message); }
  }
  return <div class="told" role="status"><span>{error || done.text}</span>{done.undo && <button type="button" onClick={undo}>Undo: {done.undo.title}</button>}
    <button type="button" class="quiet" onClick={onGone} aria-label="Dismiss">✕</button></div>;
}

function Connection({ state }: { state: State }) {
  if (state.trouble) return <span class="link bad" role="status">✕ {state.trouble}; shown is {state.statusAt ? `the state of ${clock(state.statusAt)}` : "nothing yet"}; trying again</span>;
  return <span class="link" role="status">{state.live ? "● live" : "○ connecting"}</span>;
}

function App() {
  const state = useStore();
  const [at, setAt] = useState(route());
  const [subject, setSubject] = useState<string | null>(null);
  const [action, setAction] = useState<Action | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  useEffect(() => {
    const moved = () => { setAt(route()); setSubject(null); document.querySelector<HTMLElement>("main")?.focus(); };
    addEventListener("hashchange", moved);
    onEvidence(setSubject);
    onAction(setAction);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const bad = state.status ? headline(state.status).bad : false;
  useEffect(() => { document.title = `${bad ? "✕ " : ""}${kTitles[at.page]} · ${state.status?.node ?? "Evershore"}`; }, [bad, at.page, state.status?.node]);
  return <>
    <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("main")?.focus(); }}>To the content</a>
    <header class="top">
      <span class="brand">Evershore <b>{state.status?.node ?? ""}</b></span>
      <nav aria-label="Pages">{kRoutes.map((page) => <a href={`#/${page}`} aria-current={page === at.page ? "page" : undefined}>{kTitles[page]}</a>)}</nav>
      <Connection state={state} />
    </header>
    <main id="main" tabIndex={-1}>
      <h1 class="hidden">{kTitles[at.page]}</h1>
      {state.status ? <Page at={at} state={state} /> : <p aria-busy={state.trouble ? undefined : "true"}>{state.trouble ? "Nothing is known yet." : "Asking the node…"}</p>}
    </main>
    {done && <Told key={done.at} done={done} onGone={() => setDone(null)} />}
    {subject && <Evidence key={subject} subject={subject} onClose={() => setSubject(null)} />}
    {action && <ActionDialog action={action} onClose={() => setAction(null)} onDone={setDone} />}
    {state.wantsToken !== null && <SignIn why={state.wantsToken} />}
  </>;
}

function Page({ at, state }: { at: ReturnType<typeof route>; state: State }) {
  switch (at.page) {
    case "now": return <Now state={state} />;
    case "timeline": return <Timeline state={state} />;
    case "region": return <Region state={state} name={at.name} />;
    case "dns": return <Dns state={state} />;
    case "drill": return <Drill state={state} />;
    case "settings": return <Settings />;
  }
}

begin();
render(<App />, document.getElementById("app")!);
