// Drives the console in headless Chromium as a person would, through a failover. tests/e2e/test_peer_console.py starts it, and does what it asks
// for on the line ("WANT kill east") before it goes on. Ends with 0 when every step held.
//   node web/test/pages.mjs URL TOKEN_URL FOLDER
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [url, tokenUrl, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const kPages = ["now", "timeline", "region", "dns", "drill", "settings"];

// The other side does it, and says so.
async function want(what) {
  process.stdout.write(`WANT ${what}\n`);
  const { value } = await answers.next();
  assert.equal(value, "done");
}

async function step(name, run) {
  const began = Date.now();
  try {
    await run();
  } catch (error) {
    await page.screenshot({ path: `${folder}/failed.png`, fullPage: true }).catch(() => {});
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
  process.stdout.write(`OK ${name} ${Date.now() - began} ms\n`);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light", acceptDownloads: true });
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const foreign = [];
const complaints = [];
let nodeIsDown = false;
page.on("request", (request) => { if (!request.url().startsWith(url) && !request.url().startsWith("blob:")) foreign.push(request.url()); });
page.on("console", (message) => { if (message.type() === "error" && !nodeIsDown) complaints.push(message.text()); });
page.on("pageerror", (error) => complaints.push(String(error)));

const text = (selector) => page.locator(selector).first().innerText();
const see = (what) => page.getByText(what).first().waitFor();
const go = async (name) => {
  await page.evaluate((hash) => { location.hash = hash; }, `#/${name}`);
  await page.locator("main .card").first().waitFor();
};

async function accessible(where) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ["violations"] })).violations.map((v) =>
    `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`));
  assert.deepEqual(found, [], `axe-core about ${where}`);
}

async function picture(name) { await page.screenshot({ path: `${folder}/${name}.png` }); }

await step("the first page shows all is well", async () => {
  await page.goto(url);
  await see("All 3 regions are up, the site is served");
  await page.locator(".link", { hasText: "live" }).waitFor();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  process.stdout.write(`FIGURE first contentful paint ${Math.round(paint)} ms\n`);
  assert.match(await text("[aria-label='Sites'] tbody tr"), /assets[\s\S]*east/);
  await page.locator(".charts canvas").first().waitFor();
  await picture("now");
});

for (const scheme of ["light", "dark"]) {
  await step(`every page is accessible, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const name of kPages) {
      await go(name);
      if (name === "settings") await see("node.name");
      await accessible(`${name}, ${scheme}`);
    }
  });
}

await step("every page fits 360 pixels", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const name of kPages) {
    await go(name);
    if (name === "settings") await see("node.name");
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `${name} is ${wide} pixels wide in ${window}`);
  }
  await go("now");
  await picture("now-narrow-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
});

await step("the keyboard reaches evidence and comes back", async () => {
  await page.reload();
  await see("All 3 regions are up");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  const why = page.getByRole("button", { name: "Why? The evidence for east" }).first();
  await why.focus();
  await page.keyboard.press("Enter");
  await see("Region east is up");
  await accessible("the evidence");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Why? The evidence for east");
});

await step("a dead region shows: cause, effect and risk", async () => {
  await want("kill east");
  await see("Region east down; 1 of 1 sites are served by another region; every site is served");
  await page.locator("[aria-label='Sites'] tbody tr", { hasText: /west/ }).waitFor();
  assert.match(await text("article[aria-label='Region east'] .reason"), /refused|probe/);
  assert.match(await page.title(), /^✕ /);
  await picture("now-region-down");
  await page.getByRole("button", { name: "Why? The evidence for east" }).first().click();
  await see("Region east is down");
  await see("failures in row");
  await accessible("evidence of a dead region");
  await picture("evidence-region-down");
  await page.getByRole("button", { name: "Close" }).click();
  await accessible("now, with a dead region");
});

await step("what the dead region lacks", async () => {
  await want("write west");
  await go("region/east");
  await see(/east may lack \d+ keys/);
  await page.locator("[aria-label^='Keys to copy'] tbody tr").first().waitFor();
  await picture("region-down");
  await accessible("the region's page");
});

await step("DNS tells the answer and why, also for a client", async () => {
  await go("dns");
  await page.locator("[aria-label='Records that choose'] tbody tr", { hasText: "failed over" }).waitFor();
  await page.getByLabel("As a client at").fill("198.51.100.7");
  await page.getByRole("button", { name: "Ask" }).click();
  await see("assets.example.com. 1 IN A 192.0.2.2");
  await page.locator("[aria-label^='Answers that'] tbody tr", { hasText: "one: 192.0.2.1" }).locator(".badge.down").waitFor();
  await picture("dns");
  await accessible("DNS with an answer");
  await page.getByLabel("As a client at").fill("nowhere");
  await page.getByRole("button", { name: "Ask" }).click();
  await page.getByRole("alert").filter({ hasText: "is no address" }).waitFor();
  complaints.length = 0;  // the browser tells of the 400
});

await step("the timeline has it, by kind and by word", async () => {
  await go("timeline");
  await page.locator(".events li", { hasText: "region east down" }).waitFor();
  await page.getByRole("button", { name: "region", exact: true }).click();
  assert.ok((await page.locator(".events li .kind").allInnerTexts()).every((kind) => kind === "region"));
  await page.locator(".tick").first().click();
  await page.locator(".events li.chosen").waitFor();
  await picture("timeline");
  await accessible("the timeline");
  await page.getByLabel("Look for").fill("nothing of that name");
  await see("Nothing of that happened in this span.");
});

await step("it comes back", async () => {
  await want("restart east");
  await go("now");
  await see("All 3 regions are up, the site is served");
  await page.locator("[aria-label='Sites'] tbody tr", { hasText: /east.*order|0 keys/ }).waitFor();
});

await step("a drain tells first what it does, asks for a reason, and is undone", async () => {
  await want("settle");
  await page.locator("article[aria-label='Region east']").getByRole("button", { name: "Drain…" }).click();
  await see("site assets will be served by west, which lacks nothing");
  await accessible("the drain's question");
  await picture("drain");
  await page.getByLabel("Reason (others will read it)").fill("moving racks");
  await page.getByLabel("Your name").fill("Ada");
  await page.locator("dialog").getByRole("button", { name: "Drain east" }).click();
  await see("Drained: east; every site is served");
  await page.locator(".events li", { hasText: "Ada (127.0.0.1) asked to drain east: moving racks" }).waitFor();
  await page.getByRole("button", { name: "Undo: Undrain east" }).click();
  await see("All 3 regions are up, the site is served");
});

await step("a pin and its undoing", async () => {
  await page.getByRole("button", { name: "Pin to south…" }).click();
  await page.getByLabel("Reason (others will read it)").fill("try south");
  await page.locator("dialog").getByRole("button", { name: "Pin assets to south" }).click();
  await page.getByRole("button", { name: "Release…" }).waitFor();
  await page.getByRole("button", { name: "Undo: Release assets" }).click();
  await page.getByRole("button", { name: "Pin to south…" }).waitFor();
});

await step("a drill is watched and reported", async () => {
  await go("drill");
  await page.locator("select[name=region]").selectOption("east");
  await page.locator("input[name=seconds]").fill("4");
  await page.locator("input[name=reason]").fill("Tuesday's drill");
  await want("load on");
  await page.getByRole("button", { name: "Begin the drill" }).click();
  await see("Running: down of east");
  await page.locator("[aria-label='Sites that moved'] tbody tr", { hasText: "west" }).waitFor();
  await see("Report: down of east");
  await see(/Clients saw nothing: \d+ requests, none failed/);
  await want("load off");
  await picture("drill");
  await accessible("the drill's report");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByText("The report as JSON").click()]);
  const report = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.equal(report.region, "east");
  assert.equal(report.moved.assets.to, "west");
});

await step("settings: secrets stay, lines are told, a reload is told before it is done", async () => {
  await want("edit settings");
  await go("settings");
  await page.getByLabel("Filter").fill("regions.east");
  const rows = await page.locator("[aria-label='Settings in force'] tbody").innerText();
  assert.match(rows, /regions\.east\.secret_key\s+set\s+line \d+/);
  assert.ok(!(await page.content()).includes("test/secret"));
  await page.locator("[aria-label='What a reload would change'] tbody tr", { hasText: "sites.assets.failback.hold" }).filter({ hasText: "7s" }).waitFor();
  await picture("settings");
  await accessible("settings with a change");
});

await step("a node that goes away and comes back", async () => {
  await go("now");
  nodeIsDown = true;
  await want("stop node");
  await see(/the node cannot be reached; shown is the state of/);
  await want("start node");
  await page.locator(".link", { hasText: "live" }).waitFor();
  await see("the site is served");
  nodeIsDown = false;
});

await step("a token is asked for, and the view token only looks", async () => {
  const other = await context.newPage();
  other.setDefaultTimeout(15_000);
  await other.goto(tokenUrl);
  await other.getByLabel("Token").fill("wrong");
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByRole("alert").filter({ hasText: "does not know this token" }).waitFor();
  await other.getByLabel("Token").fill("only-look");
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByRole("button", { name: "Drain…" }).first().waitFor();
  assert.ok(await other.getByRole("button", { name: "Drain…" }).first().isDisabled());
  await other.close();
});

assert.deepEqual(foreign, [], "requests to elsewhere");
assert.deepEqual(complaints, [], "errors in the browser's console");
await browser.close();
process.stdout.write("ALL\n");
process.exit(0);
