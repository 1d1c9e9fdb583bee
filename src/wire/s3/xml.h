// Writing S3's small XML documents. Reading is pugixml's, inside the .cc files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evershore::s3 {

inline constexpr std::string_view kXmlNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";
// A document larger than this is refused unread: a list of 1,000 keys of 1,024 escaped bytes fits well.
inline constexpr size_t kXmlBytesMax = 8 << 20;

// <Root xmlns="..."> ... </Root>, in order of the calls. Text is escaped; control characters, which XML 1.0 has no way
// to carry, are written as references, as S3 does.
class XmlWriter {
 public:
  explicit XmlWriter(std::string_view root);  // with S3's namespace
  static XmlWriter plain(std::string_view root);

  void open(std::string_view name);
  void close(std::string_view name);
  void text(std::string_view name, std::string_view value);
  void number(std::string_view name, uint64_t value);
  void boolean(std::string_view name, bool value) { text(name, value ? "true" : "false"); }
  std::string finish() &&;

 private:
  XmlWriter() = default;
  std::string out_;
  std::string root_;
};

// S3 writes ETags in quotes; we keep them without.
std::string quote_etag(std::string_view etag);
std::string_view unquote_etag(std::string_view etag);

}  // namespace evershore::s3
