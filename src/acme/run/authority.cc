#include "acme/run/authority.h"

#include <fmt/format.h>

#include "acme/jws.h"

namespace evershore::acme {

namespace {

constexpr size_t kAnswerBytesMax = 256 << 10;
constexpr const char* kUserAgent = "evershore/0.1 (+ACME client of its own)";  // RFC 8555 6.1
constexpr io::HttpTimeouts kTimeouts{
    .connect = std::chrono::seconds(10), .first_byte = std::chrono::seconds(30), .stall = std::chrono::seconds(15)};

std::string_view method_name(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kHead: return "HEAD";
    case Method::kPost: return "POST";
  }
  return "GET";
}

Task<Result<std::string>> whole_body(io::HttpResponse& response) {
  std::string body;
  while (true) {
    CO_TRY(const auto piece, co_await response.next());
    if (piece.empty()) co_return body;
    if (body.size() + piece.size() > kAnswerBytesMax) co_return fail(Fault::kBroken, "the answer is too long");
    body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
}

}  // namespace

Task<std::expected<std::string, Authority::Failure>> Authority::order(OrderInput input) {
  Ordering ordering(input.wish, input.known);
  const Mono deadline = loop_.now() + kOrderSpanMax;
  Event event = Begin{};
  Known kept = input.known;
  while (true) {
    auto action = ordering.advance(event, loop_.wall());
    if (auto* done = std::get_if<Deliver>(&action)) co_return std::move(done->chain);
    if (auto* given_up = std::get_if<GiveUp>(&action))
      co_return std::unexpected(Failure{std::move(given_up->why), given_up->not_before, given_up->order_stands});
    if (stopped_) co_return std::unexpected(Failure{"stopped"});
    if (loop_.now() > deadline) co_return std::unexpected(Failure{"the order took too long"});
    if (ordering.known() != kept) {
      auto saved = input.keep(ordering.known());
      if (!saved) co_return std::unexpected(Failure{saved.error().text});
      kept = ordering.known();
    }
    event = co_await carry_out(input, std::move(action));
  }
}

Task<Event> Authority::carry_out(const OrderInput& input, Action action) {
  if (auto* wait = std::get_if<Wait>(&action)) {
    co_await pause(wait->span);
    co_return Waited{};
  }
  if (auto* publish = std::get_if<Publish>(&action)) {
    auto done = co_await input.publish(std::move(publish->proofs));
    if (!done) co_return Unpublished{done.error().text};
    co_return Published{};
  }
  if (auto* account = std::get_if<SendNewAccount>(&action)) {
    const bool bound = !input.binding.key_id.empty();
    if (account->needs_binding && !bound) {
      co_return NoAnswer{
          fmt::format("{} wants an account binding: give edge.acme.eab_key_id and edge.acme.eab_hmac_key", input.wish.authority)};
    }
    NewAccount wanted{.email = input.email, .binding = ""};
    if (bound) wanted.binding = account_binding(input.account, input.binding.key_id, input.binding.hmac_key, account->url);
    Send plain{.method = Method::kPost,
               .url = account->url,
               .signer = Signer::kKey,
               .payload = new_account_payload(wanted),
               .nonce = account->nonce};
    co_return co_await send(input, std::move(plain));
  }
  co_return co_await send(input, std::get<Send>(std::move(action)));
}

Task<Event> Authority::send(const OrderInput& input, Send action) {
  io::HttpRequest request;
  request.method = method_name(action.method);
  request.headers.add("User-Agent", kUserAgent);
  request.headers.add("Accept",
                      action.method == Method::kPost ? "application/json, application/pem-certificate-chain" : "application/json");
  if (action.method == Method::kPost) {
    const JwsHeader header{.account_url = action.account_url, .nonce = action.nonce, .url = action.url};
    request.body = signed_request(input.account, header, action.payload);
    request.headers.add("Content-Type", "application/jose+json");  // RFC 8555 6.2
  }
  co_return co_await send_request(std::move(action.url), std::move(request));
}

Task<Event> Authority::send_request(std::string url, io::HttpRequest request) {
  auto parsed = io::parse_http_url(url);
  // RFC 8555 6.1: all of it over HTTPS.
  if (!parsed || !parsed->origin.tls) co_return NoAnswer{fmt::format("the authority names \"{}\", which is no https URL", url)};
  request.target = parsed->target;
  cancel_ = std::make_unique<io::HttpCancel>();
  if (stopped_) cancel_->cancel();
  auto response = co_await client_.send(parsed->origin, std::move(request), kTimeouts, cancel_.get());
  if (!response) co_return NoAnswer{fmt::format("{} cannot be asked: {}", parsed->origin.host, response.error().text)};
  auto body = co_await whole_body(**response);
  if (!body) co_return NoAnswer{fmt::format("{} broke off its answer: {}", parsed->origin.host, body.error().text)};
  co_return Answer{.status = (*response)->head().status, .headers = (*response)->head().headers, .body = *std::move(body)};
}

void Authority::stop() {
  stopped_ = true;
  if (cancel_) cancel_->cancel();
  stopping_.notify_all();
}

Task<void> Authority::pause(Duration span) {
  if (stopped_) co_return;
  const Mono until = loop_.now() + span;
  co_await stopping_.wait_until(until);
}

}  // namespace evershore::acme
