// Talks to a running node's admin listener, found through the settings file. Blocking: for commands.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "model/settings.h"

namespace evershore::app {

class AdminClient {
 public:
  // No admin.listen in the settings: kInvalid with the remedy.
  static Result<AdminClient> for_settings(const AdminSettings& admin);

  // The body of a 2xx answer. Otherwise the node's own error text; kRefused when no node answers there.
  Result<std::string> get(const std::string& target) const;
  Result<std::string> post(const std::string& target, const std::string& json) const;
  // For answers that come line by line (sync, events): `on_line` gets each; ends with the answer.
  Result<void> post_lines(const std::string& target, const std::function<void(std::string_view)>& on_line) const;

 private:
  std::string address_;
  Secret token_;
  Result<std::string> ask(const std::string& method, const std::string& target, const std::string& body,
                          const std::function<void(std::string_view)>* on_line) const;
};

}  // namespace evershore::app
