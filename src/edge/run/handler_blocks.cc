// Large objects, block by block: from memory, from disk, from a fetch that is under way, or by one of its own.
#include <cstring>

#include "edge/forward.h"
#include "edge/run/block_run.h"
#include "edge/run/fill.h"
#include "wire/http/range.h"

namespace evershore::edge {

namespace {
// So long a fetch without any reader waits for one.
constexpr Duration kRunGrace = std::chrono::seconds(1);
constexpr uint64_t kLookAhead = 64;  // blocks, for one that is there already
}  // namespace

// ---- what is kept

bool Handler::may_block(const Fill& fill, const http::ResponseHead& head) const {
  const bool room = disk_ != nullptr || cache_.object_bytes_max() >= 2 * limits_.block_bytes;
  return head.status == 200 && fill.vary.empty() && room && head.content_length.value_or(0) > limits_.shared_bytes_max &&
         strong_etag(head.headers.get("etag")) && head.headers.count("etag") == 1 &&
         storable(fill.client, head, fill.ttl) == Storable::kYes;
}

// The object's fields go into the cache at once, its blocks as they come, as fast as somebody reads them.
void Handler::take_large(const std::shared_ptr<Fill>& fill, Fetched fetched) {
  auto object = describe(*fill, fetched);
  object.large_bytes = *fetched.head.content_length;
  fill->object = std::make_shared<const StoredObject>(std::move(object));
  fill->state = Fill::State::kDone;
  store(*fill, fill->object);
  start_run(fill->cache_key, fill->object, 0, blocks_of(fill->object->large_bytes, limits_.block_bytes), std::nullopt, std::move(fetched));
}

// A part of an object nothing was known of says how large it is, and under which tag: what the next request needs.
void Handler::learn_large(Request& request, const Fetched& fetched, uint64_t forgotten_before, uint64_t news_before) {
  const auto part = http::parse_content_range(fetched.head.headers.get("content-range"));
  if (fetched.older || fetched.head.status != 206 || !part || !part->size_bytes || forgotten_ != forgotten_before ||
      !request.found_key.empty())
    return;
  Fill fill(scheduler_);
  fill.cache_key = request.cache_key;
  fill.forward = request.site->forward;
  fill.client.authorization = request.headers().has("authorization");
  fill.ttl = request.ttl();
  fill.purge_mark = purge_mark();
  fill.news_mark = news_before;
  Fetched whole{.why = GiveUp::kNone,
                .head = fetched.head,
                .body = {},
                .region = fetched.region,
                .asked = fetched.asked,
                .received = fetched.received,
                .last_problem = {}};
  whole.head.status = 200;
  whole.head.content_length = part->size_bytes;
  whole.head.headers.remove("content-range");
  if (request.forwards()) fill.vary = http::parse_vary(whole.head.headers).names;
  if (!may_block(fill, whole.head)) return;
  auto object = describe(fill, whole);
  object.large_bytes = *part->size_bytes;
  store(fill, std::make_shared<const StoredObject>(std::move(object)));
}

// ---- fetching

std::shared_ptr<Handler::BlockRun> Handler::start_run(const std::string& cache_key, std::shared_ptr<const StoredObject> object,
                                                      uint64_t first, uint64_t end, std::optional<FetchOrder> order, Fetched fetched) {
  auto run = std::make_shared<BlockRun>(scheduler_);
  run->family = block_family(cache_key, object->etag);
  run->object = std::move(object);
  run->next = first;
  run->furthest = first * limits_.block_bytes;
  run->end = end;
  runs_.emplace(run->family, run);
  scope_.spawn(run_blocks(run, std::move(order), std::move(fetched)));
  return run;
}

namespace {
bool is_whole(const Fetched& fetched, const Identity& object) {
  return fetched.why == GiveUp::kNone && fetched.head.status == 200 && fetched.head.headers.get("etag") == object.etag &&
         fetched.head.content_length == object.total_bytes && fetched.head.headers.joined("content-encoding") == object.encoding;
}
}  // namespace

Task<void> Handler::run_blocks(std::shared_ptr<BlockRun> run, std::optional<FetchOrder> order, Fetched fetched) {
  bool good = true;
  uint64_t skip = 0;
  if (order) {
    const auto identity = block_identity(run->object->etag, run->object->headers.joined("content-encoding"), run->object->large_bytes,
                                         run->next, run->end, limits_.block_bytes);
    order->request.range = range_header(identity, identity.first_byte);
    order->request.if_match = run->object->etag;
    fetched = co_await fetcher_.fetch(std::move(*order));
    good = fetched.why == GiveUp::kNone && judge_splice(identity, identity.first_byte, fetched.head) == Splice::kAccept;
    if (!good && is_whole(fetched, identity)) {  // the region does not know ranges: what is before is of no use
      good = true;
      skip = identity.first_byte;
    }
    run->outdated = !good && (fetched.body != nullptr || fetched.why == GiveUp::kNotFound);
  }
  while (good && run->next < run->end) {
    good = co_await wait_for_readers(run);
    if (!good) break;
    const auto room = room_in(*run);
    auto piece = co_await fetched.body->next_into(room);
    good = piece && !piece->empty();
    if (!good) break;
    const uint64_t skipped = std::min<uint64_t>(skip, piece->size());
    skip -= skipped;
    add_to_run(*run, piece->subspan(skipped));
  }
  run->ended = true;
  const auto [begin, end] = runs_.equal_range(run->family);
  for (auto at = begin; at != end; ++at) {
    if (at->second != run) continue;
    runs_.erase(at);
    break;
  }
  run->changed.notify_all();
}

Task<bool> Handler::wait_for_readers(std::shared_ptr<BlockRun> run) {
  const Mono give_up = scheduler_.now() + kRunGrace;
  while (true) {
    const uint64_t position = run->next * limits_.block_bytes + run->filled;
    if (run->readers > 0 && position < run->furthest + BlockRun::kAheadBytes) co_return true;
    if (run->readers == 0 && scheduler_.now() >= give_up) co_return false;
    co_await run->changed.wait_until(run->readers == 0 ? give_up : kNever);
  }
}

// Where the next bytes go.
std::span<uint8_t> Handler::room_in(BlockRun& run) {
  if (!run.buffer) run.buffer = std::make_shared<Bytes>(bytes_of_block(run.next, run.object->large_bytes, limits_.block_bytes));
  return {run.buffer->data.get() + run.filled, std::min(kReadBytesMax, run.buffer->size - run.filled)};
}

// A piece that was read to where it belongs is not copied.
void Handler::add_to_run(BlockRun& run, std::span<const uint8_t> piece) {
  while (!piece.empty() && run.next < run.end) {
    const auto room = room_in(run);
    const size_t taken = std::min(piece.size(), room.size());
    if (piece.data() != room.data()) std::memcpy(room.data(), piece.data(), taken);
    run.filled += taken;
    piece = piece.subspan(taken);
    if (run.filled == run.buffer->size) finish_block(run);
  }
  run.changed.notify_all();
}

void Handler::finish_block(BlockRun& run) {
  StoredObject block;
  block.body = run.buffer;
  block.region = run.object->region;
  block.tags = run.object->tags;
  block.purge_mark = run.object->purge_mark;
  keep(block_key(run.family, run.next), std::make_shared<const StoredObject>(std::move(block)));
  refresh_gauges();
  run.recent.emplace_back(run.next, std::move(run.buffer));
  if (run.recent.size() > BlockRun::kRecentMax) run.recent.pop_front();
  run.buffer.reset();
  run.filled = 0;
  ++run.next;
}

// ---- reading

std::shared_ptr<const Bytes> Handler::find_block(const BlockReader& reader, uint64_t block) {
  const auto stored = cache_.find(block_key(reader.family, block));
  const bool good = stored && !purged(reader.cache_key, *stored) &&
                    stored->body->size == bytes_of_block(block, reader.object->large_bytes, limits_.block_bytes);
  return good ? stored->body : nullptr;
}

Task<std::shared_ptr<const Bytes>> Handler::load_block(BlockReader& reader, uint64_t block) {
  if (disk_ == nullptr) co_return nullptr;
  const auto loaded = co_await load(block_key(reader.family, block));
  co_return loaded ? find_block(reader, block) : nullptr;
}

// The first block from `block` on that need not be fetched, or the last one the reader wants, plus one.
uint64_t Handler::fetch_until(const BlockReader& reader, uint64_t block) {
  const uint64_t last = blocks_of(reader.end, limits_.block_bytes);
  for (uint64_t at = block + 1; at < last && at <= block + kLookAhead; ++at) {
    const bool on_disk = disk_ != nullptr && disk_->may_have(block_key(reader.family, at));
    if (on_disk || find_block(reader, at)) return at;
  }
  return last;
}

bool Handler::follow_a_run(BlockReader& reader, uint64_t block) {
  if (reader.run && reader.run->covers(block)) return true;
  const auto [begin, end] = runs_.equal_range(reader.family);
  for (auto at = begin; at != end; ++at) {
    if (!at->second->covers(block) || at->second->object->purge_mark != reader.object->purge_mark) continue;
    reader.follow(at->second);
    return true;
  }
  return false;
}

// Bytes of the object from `position` on, at most to the end of the block; never none.
Task<Result<Handler::BlockPiece>> Handler::next_piece(BlockReader& reader, uint64_t position) {
  const uint64_t block = position / limits_.block_bytes;
  const size_t offset = position % limits_.block_bytes;
  for (int fetches = 0; fetches < 2;) {
    auto bytes = find_block(reader, block);
    if (!bytes && reader.run) bytes = reader.run->find_recent(block);
    if (!bytes && !follow_a_run(reader, block)) bytes = co_await load_block(reader, block);
    if (bytes) co_return BlockPiece{bytes, bytes->all().subspan(offset)};
    if (!follow_a_run(reader, block)) {
      ++fetches;
      reader.follow(start_run(reader.cache_key, reader.object, block, fetch_until(reader, block), reader.order, Fetched{}));
    }
    const auto run = reader.run;
    if (position > run->furthest) {
      run->furthest = position;
      run->changed.notify_all();
    }
    while (run->covers(block) && (run->next != block || run->filled <= offset)) {
      co_await run->changed.wait();
    }
    if (run->next == block && run->filled > offset) co_return BlockPiece{run->buffer, run->buffer->first(run->filled).subspan(offset)};
    if (run->outdated) co_return fail(Fault::kPrecondition, "the object has changed");
  }
  co_return fail(Fault::kBroken, "a block could not be fetched");
}

// ---- answering

namespace {
std::span<const uint8_t> bytes_of(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
}  // namespace

// `ranges`: one, or several that go out as multipart (`head` says so already).
Task<void> Handler::serve_large(Request& request, std::shared_ptr<const StoredObject> object, http::ResponseHead head,
                                std::vector<ByteRange> ranges) {
  BlockReader reader;
  reader.cache_key = request.cache_key;
  reader.family = block_family(request.cache_key, object->etag);
  reader.object = object;
  reader.order = order_for(request, request.key);
  const std::string boundary = multipart_boundary(object->etag, object->large_bytes);
  std::vector<std::string> heads(ranges.size());
  const std::string tail = ranges.size() > 1 ? multipart_end(boundary) : "";
  uint64_t length = tail.size();
  for (size_t i = 0; i < ranges.size(); ++i) {
    reader.end = std::max(reader.end, ranges[i].first + ranges[i].length);
    if (ranges.size() > 1)
      heads[i] =
          (i == 0 ? "" : "\r\n") + multipart_part_head(ranges[i], object->large_bytes, object->headers.get("content-type"), boundary);
    length += heads[i].size() + ranges[i].length;
  }
  if (ranges.size() > 1) length += 2;
  if (!request.is_head()) {  // before anything is said: as long as the answer can still be another one
    const auto first = co_await next_piece(reader, ranges[0].first);
    if (!first) {
      reader.leave();
      co_await serve_without_blocks(request, first.error().fault);
      co_return;
    }
  }
  count_answer(request, head.status);
  auto going = co_await request.exchange.start(std::move(head), length);
  for (size_t i = 0; going && !request.is_head() && i < ranges.size(); ++i) {
    if (!heads[i].empty()) going = co_await request.exchange.write(bytes_of(heads[i]));
    if (going) going = co_await send_blocks(request, reader, ranges[i]);
  }
  const std::string end = tail.empty() ? tail : "\r\n" + tail;
  if (going && !end.empty() && !request.is_head()) going = co_await request.exchange.write(bytes_of(end));
  if (going) going = co_await request.exchange.finish();
  if (going) co_return;
  counters_.resets.add();
  request.exchange.abort();
}

Task<Result<void>> Handler::send_blocks(Request& request, BlockReader& reader, ByteRange range) {
  const uint64_t end = range.first + range.length;
  for (uint64_t at = range.first; at < end;) {
    auto piece = co_await next_piece(reader, at);
    if (!piece) {
      if (piece.error().fault == Fault::kPrecondition) forget(request.cache_key);
      co_return std::unexpected(std::move(piece).error());
    }
    const auto bytes = piece->bytes.first(std::min<uint64_t>(piece->bytes.size(), end - at));
    CO_TRY_VOID(co_await request.exchange.write(bytes));
    at += bytes.size();
    counters_.bytes_sent.add(bytes.size());
  }
  co_return Result<void>{};
}

// The regions have another version by now: that one. They have none, or do not answer: as for any other miss.
Task<void> Handler::serve_without_blocks(Request& request, Fault fault) {
  if (fault != Fault::kPrecondition || ++request.rounds > 2) {
    co_await serve_nothing(request, GiveUp::kUnavailable);
    co_return;
  }
  forget(request.cache_key);
  co_await serve_object(request);
}

}  // namespace evershore::edge
