// Command line of `evershore`: names, options and examples of the commands; see commands.h for what they do.
#include <CLI/CLI.hpp>
#include <functional>
#include <map>

#include "app/commands.h"
#include "app/demo/demo.h"

namespace evershore::app {
namespace {

constexpr const char* kVersion = "evershore 0.1.0";

struct CommandLine {
  GlobalOptions global;
  StatusOptions status;
  ConflictsOptions conflicts;
  DrainOptions drain;
  SilenceOptions silence;
  FailoverOptions failover;
  PurgeOptions purge;
  SignOptions sign;
  PrefetchOptions prefetch;
  RegionOptions region;
  DrillOptions drill;
  DrillsOptions drills;
  DnsKeysOptions dns_keys;
  DnsExportOptions dns_export;
  AwsOptions aws;
  demo::DemoOptions demo;
  VerifyCommandOptions verify;
  std::string site;
  bool dry_run = false;
  std::string subject;
  bool help_settings = false;
  std::function<int()> chosen;
};

CLI::App* add_command(CLI::App& app, CommandLine& line, const char* name, const char* what, const char* example,
                      std::function<int()> body) {
  auto* command = app.add_subcommand(name, what);
  command->footer(std::string("Example:\n  ") + example);
  command->callback([&line, body = std::move(body)] { line.chosen = body; });
  return command;
}

void add_settings_option(CLI::App* command, CommandLine& line) {
  command->add_option("-c,--config", line.global.settings_path, "The settings file")->required()->type_name("FILE");
}

void add_node_commands(CLI::App& app, CommandLine& line) {
  add_settings_option(add_command(app, line, "run", "Run all roles the settings file mentions. SIGTERM drains and exits, SIGHUP reloads.",
                                  "evershore run -c /etc/evershore/evershore.toml", [&] { return command_run(line.global); }),
                      line);
  auto* check = add_command(app, line, "check", "Check the settings file and print every problem as file:line:column: message.",
                            "evershore check -c evershore.toml", [&] { return command_check(line.global); });
  // --help-settings works without a file: it ends the parse with its own command.
  auto* file = check->add_option("-c,--config", line.global.settings_path, "The settings file")->type_name("FILE");
  auto* manual = check->add_flag("--help-settings", line.help_settings, "Print every setting with its default and limits, as Markdown");
  check->callback([&line, file, manual] {
    if (manual->count() == 0 && file->count() == 0) throw CLI::RequiredError("--config");
    line.chosen = [&line] { return line.help_settings ? command_settings_reference() : command_check(line.global); };
  });
  auto* status = add_command(app, line, "status", "Show regions, checks, sites and replication lag of a running node.",
                             "evershore status -c evershore.toml --watch", [&] { return command_status(line.global, line.status); });
  add_settings_option(status, line);
  status->add_flag("--json", line.global.json, "Print the JSON document");
  status->add_flag("--watch", line.status.watch, "Print again every second until interrupted");

  auto* explain =
      add_command(app, line, "explain", "Say why the state is what it is: probes, rule, decision, versions in each region.",
                  "evershore explain -c evershore.toml assets.example.com", [&] { return command_explain(line.global, line.subject); });
  add_settings_option(explain, line);
  explain
      ->add_option("subject", line.subject,
                   "A host name, a region, a check, a request's id (or request/ID), or SITE/KEY (or KEY when there is one site)")
      ->required();
  explain->add_flag("--json", line.global.json, "Print the JSON document");
}

void add_alert_commands(CLI::App& app, CommandLine& line) {
  auto* alerts = app.add_subcommand("alerts", "Who is told when something changes.");
  alerts->require_subcommand(1);
  auto* test = alerts->add_subcommand("test", "Send a test to every receiver of the settings file; exit 3 if one fails.");
  test->footer("Example:\n  evershore alerts test -c evershore.toml");
  test->callback([&line] { line.chosen = [&line] { return command_alerts_test(line.global); }; });
  add_settings_option(test, line);
  auto* silence = add_command(*alerts, line, "silence", "Tell nobody for a while: of one kind, of one thing, or of everything.",
                              "evershore alerts silence -c evershore.toml --kind region --name east --for 2h --reason 'new disks'",
                              [&] { return command_alerts_silence(line.global, line.silence); });
  add_settings_option(silence, line);
  silence->add_option("--kind", line.silence.kind, "Only alerts of this kind, as `on` has them");
  silence->add_option("--name", line.silence.name, "Only of the thing with this name; assets/* is all that begin so");
  silence->add_option("--for", line.silence.for_span, "How long, e.g. 2h; 30 days at most")->required();
  silence->add_option("--reason", line.silence.reason, "Shown with it");
  auto* silences = add_command(*alerts, line, "silences", "What is silenced now, and until when.",
                               "evershore alerts silences -c evershore.toml", [&] { return command_alerts_silences(line.global); });
  add_settings_option(silences, line);
  silences->add_flag("--json", line.global.json, "Print JSON");
  auto* unsilence = add_command(*alerts, line, "unsilence", "End a silence now.", "evershore alerts unsilence -c evershore.toml 3",
                                [&] { return command_alerts_unsilence(line.global, line.silence); });
  add_settings_option(unsilence, line);
  unsilence->add_option("id", line.silence.id, "Its number, as `alerts silences` lists them")->required();
}

void add_data_commands(CLI::App& app, CommandLine& line) {
  auto* verify =
      add_command(app, line, "verify", "Compare all regions of a site; exit 1 and the differing keys if they are not identical.",
                  "evershore verify -c evershore.toml assets --depth full", [&] { return command_verify(line.global, line.verify); });
  auto* repair =
      add_command(app, line, "repair", "Verify, and put right what differs; exit 1 if something could not be.",
                  "evershore repair -c evershore.toml assets --depth full", [&] { return command_repair(line.global, line.verify); });
  for (auto* command : {verify, repair}) {
    add_settings_option(command, line);
    command->add_option("site", line.verify.site, "Which site of the settings file")->required();
    command->add_option("--depth", line.verify.depth, "listing | identity (a look at every key) | full (every byte is read)")
        ->check(CLI::IsMember({"listing", "identity", "full"}));
    command->add_option("--after", line.verify.after, "Only keys behind this one: to go on where another run ended");
    command->add_flag("--json", line.global.json, "One JSON object per differing key");
  }
  auto* sync = add_command(app, line, "sync", "One full reconciling pass over a site's regions; exit 0 when they have converged.",
                           "evershore sync -c evershore.toml assets", [&] {
                             return line.dry_run ? command_sync_dry_run(line.global, line.site) : command_sync(line.global, line.site);
                           });
  add_settings_option(sync, line);
  sync->add_option("site", line.site, "Which site of the settings file")->required();
  sync->add_flag("--dry-run", line.dry_run, "Only tell what would be done, in objects, bytes and requests; exit 1 if anything");
  sync->add_flag("--json", line.global.json, "Print the result as JSON");
}

void add_conflict_commands(CLI::App& app, CommandLine& line) {
  auto* conflicts = app.add_subcommand("conflicts", "Losers of writes that crossed: list, show, resolve.");
  conflicts->require_subcommand(1);
  auto* list = add_command(*conflicts, line, "list", "All that are kept.", "evershore conflicts list -c evershore.toml assets",
                           [&] { return command_conflicts_list(line.global, line.conflicts); });
  auto* show = add_command(*conflicts, line, "show", "Those of one key, and what it is now; exit 1 if there are none.",
                           "evershore conflicts show -c evershore.toml assets index.html",
                           [&] { return command_conflicts_show(line.global, line.conflicts); });
  auto* resolve = add_command(*conflicts, line, "resolve",
                              "Settle one: the winner stays and the kept copy goes, or the loser becomes the key's content.",
                              "evershore conflicts resolve -c evershore.toml assets index.html --keep loser",
                              [&] { return command_conflicts_resolve(line.global, line.conflicts); });
  for (auto* command : {list, show, resolve}) {
    add_settings_option(command, line);
    command->add_option("site", line.conflicts.site, "Which site")->required();
  }
  for (auto* command : {list, show}) command->add_flag("--json", line.global.json, "Print JSON");
  list->add_option("--prefix", line.conflicts.prefix, "Only of keys that begin so");
  show->add_option("key", line.conflicts.key, "The key")->required();
  resolve->add_option("key", line.conflicts.key, "The key, or the conflict's name where a key has several")->required();
  resolve->add_option("--keep", line.conflicts.keep, "winner | loser")->required()->check(CLI::IsMember({"winner", "loser"}));
}

void add_steering_commands(CLI::App& app, CommandLine& line) {
  auto* drain = add_command(app, line, "drain", "Take a region out of service on purpose.",
                            "evershore drain -c evershore.toml east --reason 'new disks' --for 2h",
                            [&] { return command_drain(line.global, line.drain); });
  add_settings_option(drain, line);
  drain->add_option("region", line.drain.region, "Which region")->required();
  drain->add_option("--reason", line.drain.reason, "Shown in status and events");
  drain->add_option("--for", line.drain.for_span, "Ends by itself after this, e.g. 2h");
  auto* undrain = add_command(app, line, "undrain", "Put a drained region back into service.", "evershore undrain -c evershore.toml east",
                              [&] { return command_undrain(line.global, line.drain.region); });
  add_settings_option(undrain, line);
  undrain->add_option("region", line.drain.region, "Which region")->required();
  auto* failover =
      add_command(app, line, "failover", "Pin a site's first choice to a region; --auto releases the pin.",
                  "evershore failover -c evershore.toml assets west", [&] { return command_failover(line.global, line.failover); });
  add_settings_option(failover, line);
  failover->add_option("site", line.failover.site, "Which site")->required();
  auto* region = failover->add_option("region", line.failover.region, "The region that goes first");
  failover->add_flag("--auto", line.failover.release, "Release the pin")->excludes(region);
  auto* purge =
      add_command(app, line, "purge", "Forget what the edge has cached of a site: a key, a prefix, a tag, or all.",
                  "evershore purge -c evershore.toml assets --prefix images/2026/", [&] { return command_purge(line.global, line.purge); });
  add_settings_option(purge, line);
  purge->add_option("site", line.purge.site, "Which site")->required();
  purge->add_option("--key", line.purge.key, "The object with this key");
  purge->add_option("--prefix", line.purge.prefix, "All keys that begin so");
  purge->add_option("--tag", line.purge.tag, "All objects with this word in Surrogate-Key");
  purge->add_flag("--all", line.purge.all, "The whole site");
  auto* drill = add_command(app, line, "drill", "Break a region on purpose, as the running node sees it, and report what clients saw.",
                            "evershore drill -c evershore.toml --region east --fault blackhole --for 30s --report drill.json",
                            [&] { return command_drill(line.global, line.drill); });
  add_settings_option(drill, line);
  drill->add_option("--region", line.drill.region, "Which region")->required();
  drill->add_option("--fault", line.drill.fault, "down | blackhole | error | slow | cut")
      ->required()
      ->check(CLI::IsMember({"down", "blackhole", "error", "slow", "cut"}));
  drill->add_option("--for", line.drill.for_span, "How long, e.g. 30s")->required();
  drill
      ->add_option("--report", line.drill.reports,
                   "Write the report: a page with charts if it ends in .html, else JSON; may be given twice")
      ->type_name("FILE");
  drill->add_option("--failures-max", line.drill.failures_max, "More failed requests end the fault at once")->capture_default_str();
  auto* drills =
      add_command(app, line, "drills", "The drills that a node has seen, one a line, to compare them; or the report of one.",
                  "evershore drills -c evershore.toml 3 --report drill.html", [&] { return command_drills(line.global, line.drills); });
  add_settings_option(drills, line);
  drills->add_option("id", line.drills.id, "The number of one");
  drills->add_option("--report", line.drills.report, "Write its report: a page with charts if it ends in .html, else JSON")
      ->type_name("FILE");
  drills->add_flag("--json", line.global.json, "Print JSON");
}

void add_visitor_commands(CLI::App& app, CommandLine& line) {
  auto* prefetch = add_command(app, line, "prefetch", "Have the running node fetch a site's objects into its cache before anybody asks.",
                               "evershore prefetch -c evershore.toml assets --prefix images/2026/",
                               [&] { return command_prefetch(line.global, line.prefetch); });
  add_settings_option(prefetch, line);
  prefetch->add_option("site", line.prefetch.site, "Which site")->required();
  auto* prefix = prefetch->add_option("--prefix", line.prefetch.prefix, "Only keys that begin so");
  prefetch->add_option("--list", line.prefetch.list, "A file with a key a line instead; - is standard input")
      ->type_name("FILE")
      ->excludes(prefix);
  auto* sign = add_command(app, line, "sign", "Make a link, or a cookie, that grants access to a key of a site for a while.",
                           "evershore sign -c evershore.toml assets private/report.pdf --for 1h",
                           [&] { return command_sign(line.global, line.sign); });
  add_settings_option(sign, line);
  sign->add_option("site", line.sign.site, "Which site")->required();
  sign->add_option("key", line.sign.key, "Which key, without the site's prefix")->required();
  sign->add_option("--for", line.sign.for_span, "How long it is good, e.g. 1h")->required();
  sign->add_option("--network", line.sign.network, "Only for clients from there, e.g. 192.0.2.0/24");
  sign->add_option("--key-id", line.sign.key_id, "Which of the site's signed.keys signs; the first one if not given");
  sign->add_flag("--cookie", line.sign.cookie, "Print a Set-Cookie field instead of a link");
  sign->add_flag("--prefix", line.sign.prefix, "With --cookie: for all keys that begin so");
}

CLI::App* add_dns_keys_command(CLI::App& keys, CommandLine& line, const char* name, const char* what, const char* example,
                               std::function<int()> body) {
  auto* command = add_command(keys, line, name, what, example, std::move(body));
  add_settings_option(command, line);
  command->add_option("zone", line.dns_keys.zone, "Which zone of the settings file")->required();
  return command;
}

void add_dns_commands(CLI::App& app, CommandLine& line) {
  auto* dns = app.add_subcommand("dns", "DNS zones of this node.");
  dns->require_subcommand(1);
  auto* keys = dns->add_subcommand("keys", "DNSSEC keys of a zone, in this node's state directory.");
  keys->require_subcommand(1);
  auto& options = line.dns_keys;
  add_dns_keys_command(*keys, line, "list", "Show a zone's keys, what each does now, and what comes next.",
                       "evershore dns keys list -c evershore.toml example.com",
                       [&] { return command_dns_keys_list(line.global, options); });
  auto* make =
      add_dns_keys_command(*keys, line, "make", "Make a zone's first key.", "evershore dns keys make -c evershore.toml example.com",
                           [&] { return command_dns_keys_make(line.global, options); });
  make->add_flag("--ksk-zsk", options.split, "Two keys, one for the parent's DS and one for the data, instead of one for both");
  auto* roll = add_dns_keys_command(*keys, line, "roll", "Begin to replace a key, or say that the parent has the new one's DS.",
                                    "evershore dns keys roll -c evershore.toml example.com",
                                    [&] { return command_dns_keys_roll(line.global, options); });
  auto* role = roll->add_option("--role", options.role, "csk, ksk or zsk")->check(CLI::IsMember({"csk", "ksk", "zsk"}));
  roll->add_flag("--ds-published", options.ds_published, "The parent zone serves the new key's DS")->excludes(role);
  add_dns_keys_command(*keys, line, "ds", "Print the DS (and the DNSKEY it is made from) to hand to the registrar.",
                       "evershore dns keys ds -c evershore.toml example.com", [&] { return command_dns_keys_ds(line.global, options); });
  auto* exported = add_command(*dns, line, "export", "Print a zone as a master file, with the answers of the running node.",
                               "evershore dns export -c evershore.toml example.com > example.com.zone",
                               [&] { return command_dns_export(line.global, line.dns_export); });
  add_settings_option(exported, line);
  exported->add_option("zone", line.dns_export.zone, "Which zone of the settings file")->required();
  exported->add_flag("--signed", line.dns_export.as_signed, "With keys, signatures and NSEC records, as secondaries get it");
}

void add_region_command(CLI::App& app, CommandLine& line) {
  auto* region =
      add_command(app, line, "region", "An S3 server over a directory: for a small self-hosted region, demos and tests.",
                  "evershore region --dir /srv/east --listen 0.0.0.0:9001 --bucket site --access-key KEY --secret-key env:EAST_SECRET",
                  [&] { return command_region(line.global, line.region); });
  auto& r = line.region;
  region->add_option("--dir", r.dir, "Where the objects are kept")->required();
  region->add_option("--listen", r.listen, "address:port; port 0 takes a free one and prints it")->required();
  region->add_option("--bucket", r.bucket, "The one bucket's name")->required();
  region->add_option("--access-key", r.access_key, "Literal, env:NAME or file:PATH")->required();
  region->add_option("--secret-key", r.secret_key, "Literal, env:NAME or file:PATH")->required();
  region->add_option("--signing-region", r.signing_region, "Region name that signatures must carry")->capture_default_str();
  region->add_option("--webhook", r.webhook, "POST an S3 event here after each change");
  region->add_flag("--public-read", r.public_read, "Objects can be read without a signature");
  region->add_option("--threads", r.threads, "Event loops")->capture_default_str()->check(CLI::Range(1, 64));
}

void add_demo_command(CLI::App& app, CommandLine& line) {
  auto* demo =
      add_command(app, line, "demo", "Three local regions with real files behind one hostname; one dies under load; see what clients saw.",
                  "evershore demo --once --report demo.json", [&] { return demo::run_demo(line.global, line.demo); });
  demo->add_flag("--once", line.demo.once, "Exit after the report; exit code 1 if a promise was broken");
  demo->add_option("--report", line.demo.report, "Write the report as JSON")->type_name("FILE.json");
  demo->add_flag("--quick", line.demo.quick, "Less data and shorter phases (about 50 s instead of 130 s)");
}

using AwsCommand = int (*)(const GlobalOptions&, const AwsOptions&);

CLI::App* add_aws_verb(CLI::App& aws, CommandLine& line, const char* name, const char* what, const char* example, AwsCommand body) {
  auto* command = add_command(aws, line, name, what, example, [&line, body] { return body(line.global, line.aws); });
  add_settings_option(command, line);
  return command;
}

void add_aws_import(CLI::App& aws, CommandLine& line) {
  auto& o = line.aws;
  auto* import =
      add_command(aws, line, "import", "Write settings for what leads to a host in the account now; changes nothing.",
                  "evershore aws import assets.example.com --out evershore.toml", [&] { return command_aws_import(line.global, o); });
  import->add_option("host", o.host, "The host name")->required();
  import->add_option("--zone", o.zone, "Its hosted zone, if that is not the name above it");
  import->add_option("--out", o.out, "Write here instead of printing")->type_name("FILE.toml");
  import->add_option("--profile", o.profile, "Profile of ~/.aws");
  import->add_option("--endpoint", o.endpoint, "Where to send the calls instead of AWS, for emulation");
}

void add_aws_command(CLI::App& app, CommandLine& line) {
  auto* aws = app.add_subcommand("aws", "The same layout on AWS: buckets, replication, CloudFront, health checks, failover records.");
  aws->require_subcommand(1);
  auto& o = line.aws;
  auto* plan = add_aws_verb(*aws, line, "plan", "Compare the account with the settings; exit 0 if nothing differs, 1 if something does.",
                            "evershore aws plan -c evershore.toml", command_aws_plan);
  plan->add_option("--out", o.out, "Write the plan as JSON, for apply --plan")->type_name("FILE.json");
  auto* apply = add_aws_verb(*aws, line, "apply", "Show the plan, ask, and carry it out. Cut off anywhere, run it again: it goes on.",
                             "evershore aws apply -c evershore.toml --yes", command_aws_apply);
  apply->add_option("--plan", o.plan_file, "Only if the plan is still this one")->type_name("FILE.json");
  auto* status = add_aws_verb(*aws, line, "status",
                              "Health checks as their checkers see them, records as they are answered, replication, distribution.",
                              "evershore aws status -c evershore.toml", command_aws_status);
  auto* destroy = add_aws_verb(*aws, line, "destroy", "Remove what carries our mark, in reverse order, and nothing else.",
                               "evershore aws destroy -c evershore.toml", command_aws_destroy);
  destroy->add_flag("--delete-objects", o.delete_objects, "Empty our buckets of all objects and versions, for good");
  auto* exported = add_aws_verb(*aws, line, "export", "Print the layout as a template for other tools.",
                                "evershore aws export -c evershore.toml --format terraform > main.tf.json", command_aws_export);
  exported->add_option("--format", o.format, "cloudformation or terraform")
      ->required()
      ->check(CLI::IsMember({"cloudformation", "terraform"}));
  exported->add_option("--part", o.part, "Which stack: CloudFormation's live in one region each")
      ->check(CLI::IsMember({"primary", "secondary"}));
  auto* cost = add_aws_verb(*aws, line, "cost", "Estimate the month's bill line by line, with the free tiers.",
                            "evershore aws cost -c evershore.toml --stored-gb 200 --served-gb 1000", command_aws_cost);
  cost->add_option("--stored-gb", o.stored_gb, "Stored in each copy")->capture_default_str();
  cost->add_option("--served-gb", o.served_gb, "Sent to clients in a month")->capture_default_str();
  cost->add_option("--written-gb", o.written_gb, "Written to the primary in a month")->capture_default_str();
  cost->add_option("--requests", o.requests, "Clients' requests in a month")->capture_default_str();
  cost->add_option("--writes", o.writes, "Objects written in a month")->capture_default_str();
  add_aws_import(*aws, line);
  for (auto* command : {plan, apply, status, destroy, cost}) command->add_flag("--json", line.global.json, "Print JSON");
  for (auto* command : {plan, apply})
    command->add_flag("--take-over", o.take_over, "Replace others' records at the host, in one batch with ours");
  for (auto* command : {apply, destroy}) command->add_flag("--yes", o.yes, "Do not ask");
}

void add_global_options(CLI::App& app, CommandLine& line) {
  static const std::map<std::string, Level> kLevels{
      {"debug", Level::kDebug}, {"info", Level::kInfo}, {"warn", Level::kWarn}, {"error", Level::kError}};
  app.add_option("--log-level", line.global.log_level, "debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(kLevels, CLI::ignore_case));
  app.add_option_function<std::string>(
         "--log-format", [&line](const std::string& format) { line.global.log_json = format == "json"; }, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  app.set_version_flag("--version", kVersion);
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 the answer is no, 2 usage or settings, 3 failed.\n`evershore COMMAND --help` shows a command's options and an "
      "example.");
}

int run(int argc, char** argv) {
  CommandLine line;
  CLI::App app("One hostname over the same data in several regions' S3 buckets, so that a region's death goes unnoticed.", "evershore");
  add_global_options(app, line);
  add_node_commands(app, line);
  add_alert_commands(app, line);
  add_data_commands(app, line);
  add_conflict_commands(app, line);
  add_steering_commands(app, line);
  add_visitor_commands(app, line);
  add_dns_commands(app, line);
  add_region_command(app, line);
  add_demo_command(app, line);
  add_aws_command(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;  // --help and --version end here too
  }
  return line.chosen ? line.chosen() : kUsage;
}

}  // namespace
}  // namespace evershore::app

int main(int argc, char** argv) { return evershore::app::run(argc, argv); }
