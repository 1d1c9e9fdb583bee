#include "io/mail.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>

namespace evershore::io {

namespace {

struct CurlEnd {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Reading {
  std::string_view left;
};

size_t read_more(char* into, size_t size, size_t count, void* reading) {
  auto& left = static_cast<Reading*>(reading)->left;
  const size_t bytes = std::min(size * count, left.size());
  std::memcpy(into, left.data(), bytes);
  left.remove_prefix(bytes);
  return bytes;
}

// Called about once a second, also while nothing moves.
int look_whether_cancelled(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(cancelled)->load(std::memory_order_relaxed) ? 1 : 0;
}

std::string envelope(const std::string& address) { return "<" + address + ">"; }

void set_server(CURL* curl, const MailServer& server) {
  curl_easy_setopt(curl, CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(server.starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (server.user.empty()) return;
  curl_easy_setopt(curl, CURLOPT_USERNAME, server.user.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, server.password.reveal().c_str());
}

}  // namespace

Result<void> send_mail(const MailServer& server, const Mail& mail, Duration timeout, const std::atomic<bool>& cancelled) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, CurlEnd> curl(curl_easy_init());
  curl_slist* list = nullptr;
  for (const auto& address : mail.to) list = curl_slist_append(list, envelope(address).c_str());
  const std::unique_ptr<curl_slist, CurlEnd> receivers(list);
  if (!curl || !receivers) return fail(Fault::kBroken, "no memory for a mail");

  const long timeout_ms = static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count());
  std::array<char, CURL_ERROR_SIZE> why{};
  Reading reading{.left = mail.text};
  set_server(curl.get(), server);
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, envelope(mail.from).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, receivers.get());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_more);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &reading);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, look_whether_cancelled);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&cancelled));
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why.data());
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {};
  const Fault fault = code == CURLE_OPERATION_TIMEDOUT ? Fault::kTimedOut : Fault::kBroken;
  return fail(fault, why[0] != '\0' ? why.data() : curl_easy_strerror(code));
}

}  // namespace evershore::io
