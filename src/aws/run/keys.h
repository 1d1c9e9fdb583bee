// The keys that calls are signed with: taken from their source when first needed, and anew before they end.
#pragma once

#include <optional>
#include <string>

#include "aws/key_source.h"
#include "aws/run/transport.h"
#include "wire/aws/query.h"

namespace evershore::aws {

class Keys {
 public:
  // `metadata`: the instance metadata service, "http://169.254.169.254" but for tests.
  Keys(Transport& transport, const Clock& clock, KeySource source, std::string metadata);

  // kRefused: the source gives none; the text says what to do.
  Task<Result<s3::Credentials>> get();
  void forget() { held_.reset(); }  // the service says that they have ended

 private:
  struct Held {
    s3::Credentials keys;
    std::optional<Wall> expires;  // nullopt: never
  };
  Task<Result<Held>> take();
  Task<Result<Held>> take_web_identity();
  Task<Result<Held>> take_container();
  Task<Result<Held>> take_instance();
  Task<Result<Held>> assume(Held with, KeySource::Role role);

  Transport& transport_;
  const Clock& clock_;
  KeySource source_;
  std::string metadata_;
  std::optional<Held> held_;
};

}  // namespace evershore::aws
