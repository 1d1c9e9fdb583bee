#include "app/demo/parallel.h"

namespace evershore::app::demo {

namespace {

struct Batch {
  size_t next = 0;
  size_t count = 0;
  IndexJob job;
  std::optional<Error> error = std::nullopt;
};

Task<void> work(Batch& batch) {
  while (batch.next < batch.count && !batch.error) {
    auto done = co_await batch.job(batch.next++);
    if (!done && !batch.error) batch.error = std::move(done).error();
  }
}

}  // namespace

Task<Result<void>> for_each_index(size_t count, size_t width, IndexJob job) {
  Batch batch{.count = count, .job = std::move(job)};
  TaskScope scope;
  for (size_t i = 0; i < width; ++i) scope.spawn(work(batch));
  co_await scope.join();
  if (batch.error) co_return std::unexpected(std::move(*batch.error));
  co_return Result<void>();
}

}  // namespace evershore::app::demo
