// Asks the configured resolvers for the addresses of ALIAS targets outside our zones: a small stub resolver on the control loop. What to
// ask and what to keep is decided by dns/outside.h.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "dns/outside.h"
#include "io/loop.h"
#include "io/stream.h"

namespace evershore::io {
class FdWatch;
}

namespace evershore::dns {

// One thread writes.
struct OutsideCounters {
  Counter answered;  // look-ups that gave addresses
  Counter nothing;   // look-ups that gave none, by the word of the name's own servers
  Counter failed;    // look-ups that no resolver answered
  Counter asked;     // questions sent, over UDP and TCP
};

class OutsideResolver {
 public:
  struct Hooks {
    std::function<void()> on_addresses;  // addresses() are others than before
    // A name begins to fail, or answers again. `why`: of the failure.
    std::function<void(const Name& name, OutsideBook::Trouble trouble, const std::string& why)> on_trouble;
  };
  static constexpr size_t kInFlightMax = 64;

  // `loop` outlives it; one thread, the loop's.
  OutsideResolver(io::Loop& loop, Log log) : loop_(loop), log_(log) {}
  ~OutsideResolver();  // after stop()

  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }
  // Before anything else.
  void restore(std::string_view saved) { book_.restore(saved); }
  std::string saved() const { return book_.saved(); }

  // None: nothing is asked any more, and what is known stays.
  void configure(std::vector<io::Endpoint> resolvers);
  // Asks for these, too.
  void add(const std::set<Name>& names);
  // Asks for these, and only these.
  void retain(const std::set<Name>& names);
  // Until each name has been answered or has failed once. At once if there is no resolver to ask.
  Task<void> first_outcomes(Mono deadline);
  bool waiting_for_first() const { return !resolvers_.empty() && !book_.all_tried(); }
  Task<void> stop();

  OutsideAddresses addresses() const { return book_.addresses(); }
  const OutsideBook& book() const { return book_; }
  const OutsideCounters& counters() const { return counters_; }

 private:
  // What one look-up waits on, so that stop() can end it.
  struct Wait {
    io::FdWatch* watch = nullptr;
    io::Stream* stream = nullptr;
  };
  void go_on();
  Task<void> look_up(LookupQuestion question);
  Task<Heard> ask(io::Endpoint resolver, LookupQuestion question, Duration patience);
  Task<Heard> ask_udp(io::Endpoint resolver, LookupQuestion question, Mono deadline, Wait& wait);
  Task<Heard> ask_tcp(io::Endpoint resolver, LookupQuestion question, Mono deadline, Wait& wait);
  void take(const LookupQuestion& question, const Heard& heard);

  io::Loop& loop_;
  Log log_;
  Hooks hooks_;
  OutsideBook book_;
  std::vector<io::Endpoint> resolvers_;
  size_t preferred_ = 0;  // the one that answered last
  std::set<Wait*> waits_;
  TimerId timer_ = TimerId::kNone;
  bool stopping_ = false;
  OutsideCounters counters_;
  TaskScope tasks_;
};

}  // namespace evershore::dns
