// Answers S3 requests from a store: one a loop. What each request means is decided in gateway/; this does it.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/log.h"
#include "gateway/access.h"
#include "gateway/object_headers.h"
#include "gateway/operation.h"
#include "gateway/run/request_body.h"
#include "io/http_server.h"
#include "store/body.h"
#include "store/directory_store.h"
#include "wire/s3/event.h"
#include "wire/s3/sigv4.h"

namespace evershore::gateway {

struct ServiceRules {
  std::string bucket;
  std::string region;
  Readers readers = Readers::kSigned;
};

// One thread: the store's loop.
class Service {
 public:
  // Called after each change, with the event to send.
  using OnChange = std::function<void(s3::ObjectEvent)>;
  // `store` and `clock` outlive it. `sequence` is shared by all services of a server.
  Service(ServiceRules rules, s3::Credentials credentials, store::DirectoryStore& store, const Clock& clock,
          std::atomic<uint64_t>& sequence, OnChange on_change, Log log);

  Task<void> handle(io::HttpExchange& exchange);

 private:
  // One request on its way through.
  struct Call {
    io::HttpExchange& exchange;
    const http::RequestHead& head;
    S3Request request;
    s3::Verdict verdict;
  };
  // An answer that fits in memory; `done`: it has been sent already.
  struct Answer {
    http::ResponseHead head;
    std::string body;
    bool done = false;
  };
  using Answering = Task<Outcome<Answer>>;

  Outcome<Call> admit(io::HttpExchange& exchange);
  Answering dispatch(Call& call);

  Answering answer_at_once(Call& call);
  Answering get_object(Call& call);
  Answering head_object(Call& call);
  Answering send_object(Call& call, GetResult object, http::ResponseHead head);
  Answering put_object(Call& call);
  Answering copy_object(Call& call);
  Answering delete_object(Call& call);
  Answering get_tagging(Call& call);
  Answering put_tagging(Call& call);
  Answering delete_tagging(Call& call);
  Task<Outcome<std::string>> tags_of(ObjectKey key);
  Task<Outcome<void>> store_tags(ObjectKey key, std::string tags);
  Answering delete_objects(Call& call);
  Answering list_objects(Call& call);
  Answering create_upload(Call& call);
  Answering upload_part(Call& call);
  Answering upload_part_copy(Call& call);
  Answering complete_upload(Call& call);
  Answering abort_upload(Call& call);
  Outcome<Answer> list_parts(const Call& call) const;
  Outcome<Answer> list_uploads(const Call& call) const;
  Outcome<Answer> about_bucket(const Call& call) const;

  Task<Outcome<ObjectInfo>> find(ObjectKey key);
  Task<Outcome<std::string>> read_document(Call& call, size_t bytes_max);
  Task<Outcome<GetResult>> open_copy_source(Call& call, std::optional<ByteRange> range);
  Task<void> send_refusal(io::HttpExchange& exchange, Refusal refusal);
  void changed(std::string_view name, const ObjectKey& key, const std::string& etag, std::optional<uint64_t> size_bytes);

  ServiceRules rules_;
  s3::Verifier verifier_;
  store::DirectoryStore& store_;
  const Clock& clock_;
  std::atomic<uint64_t>& sequence_;
  OnChange on_change_;
  Log log_;
};

}  // namespace evershore::gateway
