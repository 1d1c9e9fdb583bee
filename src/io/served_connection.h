// What an HttpServer does to a connection from outside, whatever is spoken on it.
#pragma once

namespace evershore::io {

class ServedConnection {
 public:
  virtual ~ServedConnection() = default;
  virtual void close_when_idle() = 0;  // draining: what is under way ends, nothing new begins
  virtual void cut() = 0;              // resets it; its task ends when its handlers have
};

}  // namespace evershore::io
