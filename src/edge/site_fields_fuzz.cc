// Fields of visitors that a site's rules read: Accept-Encoding, Referer, Origin and what a preflight asks for, and paths that lead
// elsewhere.
#include "base/assert.h"
#include "base/text.h"
#include "edge/access_rules.h"
#include "edge/cors.h"
#include "edge/encoding.h"
#include "edge/website.h"

using namespace evershore;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  http::RequestHead request;
  request.method = "OPTIONS";
  request.target = "/" + text;
  for (const auto* name : {"Accept-Encoding", "Referer", "Access-Control-Request-Method", "Access-Control-Request-Headers"})
    request.headers.add(name, text);
  request.headers.add("Origin", "https://" + text);
  EVERSHORE_ASSERT(edge::accepted_codings(request.headers).size() <= 3);

  // Nobody from elsewhere passes for one of ours.
  const AccessSettings access{.referers = {"ours.example"}, .referer_absent = false};
  if (edge::access_of(access, request) == edge::Access::kYes) EVERSHORE_ASSERT(to_lower(text).contains("ours.example"));

  const CorsRuleSettings rules[] = {{.origins = {"https://*.ours.example"}, .methods = {"GET"}, .headers = {"x-*"}}};
  if (const auto answer = edge::answer_preflight(rules, request))
    EVERSHORE_ASSERT(answer->headers.get("access-control-allow-origin").ends_with(".ours.example"));

  // A location on this host stays on it, and is one line of visible characters.
  const auto visited = edge::visited_of(request, false);
  if (!visited) return 0;
  const RedirectSettings rule{.replace_key_prefix_with = "", .replaces_prefix = true};
  const SiteSettings site{.index = "index.html"};
  std::vector<edge::Redirect> redirects{*edge::redirect_for(std::span(&rule, 1), {.key = visited->key}, 0)};
  if (edge::may_be_folder(site, *visited)) redirects.push_back(edge::folder_redirect(*visited));
  for (const auto& redirect : redirects) {
    EVERSHORE_ASSERT(redirect.location.starts_with('/'));
    EVERSHORE_ASSERT(!redirect.location.starts_with("//"));
    const auto path = std::string_view(redirect.location).substr(0, redirect.location.find('?'));
    for (const char c : path) EVERSHORE_ASSERT(c > ' ' && c < 0x7f && c != '\\');
  }
  return 0;
}
