// What the node's admin API says (docs/operating/status.md), and how it is asked. Every request ends: with an answer or an error.

export type Health = "up" | "down" | "unknown";
export interface Drain { reason: string; until: string | null }
export interface Region {
  name: string; endpoint: string; bucket: string; health: Health; why: string; since_seconds: number | null; drained: Drain | null;
  pending_keys: number | null; oldest_pending_seconds: number | null; lag_seconds: number | null;
}
export interface Check {
  name: string; health: Health; why: string; since: string | null; since_seconds: number | null; last_probe: string;
  failures_in_row: number; successes_in_row: number;
}
export interface Choice {
  region: string; usable: boolean; why: string; pending_keys: number | null; oldest_pending_seconds: number | null; lag_seconds: number | null;
}
export interface Pending { key: string; pending_seconds: number; attempts: number; state: string }
export interface Replication {
  keys: number; pending_keys: number; failing_keys: number; oldest_pending_seconds: number; scanning: boolean; scanned_keys: number;
  deletes_held: number; last_scan: string | null; last_scan_error: string; objects_copied: number; bytes_copied: number; pending: Pending[];
}
export interface Site { name: string; hosts: string[]; pinned: string | null; order: Choice[]; replication: Replication | null }
export interface DnsRecord { name: string; type: string; answers: string[]; why: string }
export interface Status {
  node: string; version: string; time: string; uptime_seconds: number; ready: boolean;
  regions: Region[]; checks: Check[]; sites: Site[];
  edge: Record<string, unknown> & {
    listen: string[]; connections: number; requests: number; failed: number; resets: number; cache_hits: number; cache_misses: number;
    hedges: number; retries: number; takeovers: number;
  };
  dns: {
    listen: string[]; queries_udp: number; queries_tcp: number; records: DnsRecord[]; zones: { name: string; serial: number }[];
    alias_targets: { name: string; type: string; known: boolean; addresses: string[]; failures: number; why: string }[];
  };
  alerts: { receiver: string; on: string[]; delivered: number; given_up: number; open: number; last_error: string; last_delivered: string | null }[];
  certificates: { host: string; state: string; issuer: string; left_seconds: number | null; problem: string }[];
}
export interface Event { id: number; time: string; kind: string; subject: string; text: string }
export interface Setting { path: string; value: string; line: number | null; restart: boolean; text: string }
export interface Change { path: string; now: string | null; next: string | null; restart: boolean }
export interface Settings { file: string; settings: Setting[]; problems: string[]; reload: Change[] }
export interface Record_ { name: string; ttl_seconds: number; type: string; value: string }
export interface DnsAnswer {
  name: string; type: string; client: string; rcode: string; authoritative: boolean; answers: Record_[]; authorities: Record_[];
  why: DnsWhy | null;
}
export interface DnsCandidate {
  id: string; value: string; given: boolean; standing: string; drained?: boolean;
  check: { name: string; health: Health; why: string; since: string | null } | null;
}
export interface DnsWhy {
  name: string; kind: string;
  records: { type: string; policy: string; ttl_seconds: number; answers: string[]; why: string; because: string; since: string | null; candidates: DnsCandidate[] }[];
}
export interface Whoami { role: "view" | "operate"; token_needed: boolean }

// The node wants a token, or another one.
export class TokenNeeded extends Error {}

const kTimeoutMs = 10_000;
const kTokenKey = "evershore-token";
let token = sessionStorage.getItem(kTokenKey) ?? "";

export function setToken(next: string): void {
  token = next;
  if (next) sessionStorage.setItem(kTokenKey, next);
  else sessionStorage.removeItem(kTokenKey);
}

function headers(): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  let message = `the node answered ${response.status}`;
  try { message = JSON.parse(text).error ?? message; } catch { /* no JSON: the status says enough */ }
  if (response.status === 401) {
    if (token) message = "the node does not know this token";
    setToken("");
  }
  throw response.status === 401 || response.status === 429 ? new TokenNeeded(message) : new Error(message);
}

async function ask(path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`api/v1/${path}`, { ...init, signal: AbortSignal.timeout(kTimeoutMs) });
  } catch (error) {
    throw new Error((error as Error).name === "TimeoutError" ? `no answer within ${kTimeoutMs / 1000} s` : "the node cannot be reached");
  }
  return answerOf(response);
}

export async function get<T>(path: string): Promise<T> {
  return (await ask(path, { headers: headers() })) as T;
}

export async function post(path: string, body: object): Promise<void> {
  await ask(path, { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

// Reads server-sent events by fetch: an EventSource cannot present a token. Returns when the stream ends, throws when it breaks, and
// breaks it itself when nothing came for longer than the node's heartbeat.
export async function stream(since: number, onOpen: () => void, onEvent: (event: Event) => void): Promise<void> {
  const kSilenceMs = 40_000;
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), kTimeoutMs);
  try {
    const response = await fetch(`api/v1/stream?since=${since}`, { headers: headers(), signal: abort.signal });
    if (!response.ok || !response.body) { await answerOf(response); return; }
    onOpen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), kSilenceMs);
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const data = text.slice(0, end).split("\n").find((line) => line.startsWith("data: "));
        text = text.slice(end + 2);
        if (data) onEvent(JSON.parse(data.slice(6)) as Event);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}
