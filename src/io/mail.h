// Hands a mail to a server by SMTP (RFC 5321), through libcurl.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/secret.h"

namespace evershore::io {

struct MailServer {
  std::string url;   // "smtp://host:587", "smtps://host:465" (encrypted from the first byte)
  std::string user;  // "" = without signing in
  Secret password;
  bool starttls = true;  // of smtp://: fails rather than send anything unencrypted
};

struct Mail {
  std::string from;  // the envelope's addresses, without <>
  std::vector<std::string> to;
  std::string text;  // the whole message, header and body, lines ended by CRLF
};

// Blocking: for a worker. The server's certificate is verified. Gives up after `timeout`, or about a second after `cancelled` is set.
// The error says what the server said.
Result<void> send_mail(const MailServer& server, const Mail& mail, Duration timeout, const std::atomic<bool>& cancelled);

}  // namespace evershore::io
