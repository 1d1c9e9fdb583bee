// For tests of whatever sits on io/: a directory that goes away, a certificate that signs itself.
#pragma once

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/assert.h"
#include "io/loop.h"
#include "io/tls.h"
#include "io/udp.h"

namespace evershore::io {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "evershore-test-XXXXXX").string();
    EVERSHORE_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A UDP socket that is waited for in a loop.
struct WatchedUdp {
  WatchedUdp(Loop& loop, const Endpoint& endpoint)
      : socket(std::move(*UdpSocket::open(endpoint))), watch(loop, ::fcntl(socket->fd(), F_DUPFD_CLOEXEC, 0)) {}
  std::unique_ptr<UdpSocket> socket;
  FdWatch watch;
};

// `names` as openssl's subjectAltName wants them: "DNS:a.test,IP:127.0.0.1". The certificate is its own CA.
inline TlsServerCertificate make_certificate(const ScratchDirectory& directory, const std::string& name, const std::string& names) {
  TlsServerCertificate pair{directory.file(name + ".pem"), directory.file(name + ".key")};
  const std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
                              " -addext subjectAltName=" + names + " -keyout " + pair.private_key_path + " -out " + pair.certificate_path +
                              " 2>/dev/null";
  EVERSHORE_ASSERT(std::system(command.c_str()) == 0);
  return pair;
}

}  // namespace evershore::io
