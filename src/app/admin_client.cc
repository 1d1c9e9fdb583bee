#include "app/admin_client.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "io/http_client.h"

namespace evershore::app {

namespace {

constexpr size_t kAnswerBytesMax = 512 << 20;

// An address to connect to for an address that was listened on.
Result<io::HttpOrigin> origin_of(const std::string& listen) {
  TRY(auto endpoint, io::parse_endpoint(listen));
  if (endpoint.address == "0.0.0.0") endpoint.address = "127.0.0.1";
  if (endpoint.address == "::") endpoint.address = "::1";
  return io::HttpOrigin{.tls = false, .host = endpoint.address, .port = endpoint.port};
}

std::string error_text(const std::string& body, uint16_t status) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) return json["error"].get<std::string>();
  return fmt::format("the node answered {}", status);
}

Task<void> ask_node(io::HttpClient& client, io::HttpOrigin origin, io::HttpRequest request,
                    const std::function<void(std::string_view)>* on_line, Result<std::string>& out) {
  const io::HttpTimeouts timeouts{.connect = 2s, .first_byte = 60s, .stall = 60s};
  auto response = co_await client.send(std::move(origin), std::move(request), timeouts, nullptr);
  if (!response) {
    out = std::unexpected(std::move(response).error());
    co_return;
  }
  std::string body;
  for (;;) {
    auto piece = co_await (*response)->next();
    if (!piece) {
      out = std::unexpected(std::move(piece).error());
      co_return;
    }
    if (piece->empty()) break;
    body += as_text(*piece);
    for (size_t end = body.find('\n'); on_line != nullptr && end != std::string::npos; end = body.find('\n')) {
      (*on_line)(std::string_view(body).substr(0, end));
      body.erase(0, end + 1);
    }
    if (body.size() > kAnswerBytesMax) {
      out = fail(Fault::kBroken, fmt::format("the node's answer is longer than {}", format_size(kAnswerBytesMax)));
      co_return;
    }
  }
  const auto status = (*response)->head().status;
  if (status / 100 == 2) {
    out = std::move(body);
  } else {
    out = fail(status == 404 ? Fault::kNotFound : status == 400 ? Fault::kInvalid : Fault::kBroken, error_text(body, status));
  }
}

}  // namespace

Result<AdminClient> AdminClient::for_settings(const AdminSettings& admin) {
  if (admin.listen.empty()) {
    return fail(Fault::kInvalid,
                "the settings have no [admin] listen address, so a running node cannot be asked; add: [admin] listen = \"127.0.0.1:9090\"");
  }
  AdminClient client;
  client.address_ = admin.listen;
  client.token_ = admin.token;
  return client;
}

Result<std::string> AdminClient::ask(const std::string& method, const std::string& target, const std::string& body,
                                     const std::function<void(std::string_view)>* on_line) const {
  TRY(auto origin, origin_of(address_));
  io::Loop loop;
  io::HttpClient client(loop, {});
  io::HttpRequest request{.method = method, .target = target, .body = body};
  if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_.reveal());
  Result<std::string> out = std::string();
  loop.run_until_done(ask_node(client, origin, std::move(request), on_line, out));
  if (!out && out.error().fault == Fault::kRefused) {
    return fail(Fault::kRefused,
                fmt::format("no node answers at {} (admin.listen); is `evershore run` running with this settings file?", address_));
  }
  return out;
}

Result<std::string> AdminClient::get(const std::string& target) const { return ask("GET", target, "", nullptr); }
Result<std::string> AdminClient::post(const std::string& target, const std::string& json) const {
  return ask("POST", target, json, nullptr);
}

Result<void> AdminClient::post_lines(const std::string& target, const std::function<void(std::string_view)>& on_line) const {
  TRY([[maybe_unused]] auto rest, ask("POST", target, "", &on_line));
  return {};
}

}  // namespace evershore::app
