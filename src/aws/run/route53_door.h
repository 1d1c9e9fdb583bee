// What publishing needs of Route 53, behind an interface so that tests can refuse, delay and forget.
#pragma once

#include <string>
#include <vector>

#include "aws/run/client.h"
#include "wire/aws/route53.h"

namespace evershore::aws {

class Route53Door {
 public:
  virtual ~Route53Door() = default;
  // The public hosted zone of that name. kNotFound: there is none; kInvalid: there are several.
  virtual Task<Result<std::string>> zone_id(std::string name) = 0;
  // All sets under exactly this name.
  virtual Task<Result<std::vector<RecordSet>>> records(std::string zone_id, std::string name) = 0;
  // All or nothing; the change's id.
  virtual Task<Result<std::string>> change(ChangeRecordSets changes) = 0;
  // Whether all of Route 53's servers answer so.
  virtual Task<Result<bool>> in_sync(std::string change_id) = 0;
};

class LiveRoute53 final : public Route53Door {
 public:
  explicit LiveRoute53(Client& client) : client_(client) {}
  Task<Result<std::string>> zone_id(std::string name) override;
  Task<Result<std::vector<RecordSet>>> records(std::string zone_id, std::string name) override;
  Task<Result<std::string>> change(ChangeRecordSets changes) override;
  Task<Result<bool>> in_sync(std::string change_id) override;

 private:
  Client& client_;
};

}  // namespace evershore::aws
