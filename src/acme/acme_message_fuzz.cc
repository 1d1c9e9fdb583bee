// What an authority says goes through the readers and through a whole ordering: any bytes may come, nothing but a value may go out.
#include <cstddef>
#include <cstdint>
#include <string>

#include "acme/documents.h"
#include "acme/ordering.h"
#include "acme/seal.h"

using namespace evershore::acme;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  (void)read_directory(body);
  (void)read_order(body);
  (void)read_authorization(body, ChallengeKind::kDns01);
  (void)explain(read_problem(body), "host", "authority", ChallengeKind::kHttp01);
  (void)read_account(body);
  (void)read_progress(body);
  (void)read_proofs(body);
  (void)read_lease(body);
  (void)unseal(seal_key("secret"), "name", body);
  // The same answer at every step: the first byte chooses the status.
  Ordering ordering(
      {.names = {"a.test"}, .kind = ChallengeKind::kHttp01, .authority = "ca", .directory_url = "https://ca/", .request_der = "r"}, {});
  Event event = Begin{};
  for (int step = 0; step < 64; ++step) {
    const auto action = ordering.advance(event, {});
    if (std::holds_alternative<GiveUp>(action) || std::holds_alternative<Deliver>(action)) break;
    if (std::holds_alternative<Publish>(action)) {
      event = Published{};
    } else if (std::holds_alternative<Wait>(action)) {
      event = Waited{};
    } else {
      const uint16_t status = step > 0 && size > 0 && data[0] % 2 == 1 ? 400 : 200;
      event = Answer{.status = status, .headers = {{"Location", "https://ca/x"}, {"Replay-Nonce", "n"}}, .body = body};
    }
  }
  return 0;
}
