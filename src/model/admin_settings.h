// [admin]: where the console, the API and the metrics are, and who may ask.
#pragma once

#include <string>

#include "model/secret.h"

namespace evershore {

struct AdminSettings {
  std::string listen;  // "" = no console role
  Secret token;        // sees and acts
  Secret view_token;   // sees alone; only beside `token`
  bool operator==(const AdminSettings&) const = default;
};

}  // namespace evershore
