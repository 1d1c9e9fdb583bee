#include "wire/s3/xml.h"

#include <fmt/format.h>

namespace evershore::s3 {

namespace {
constexpr std::string_view kDeclaration = R"(<?xml version="1.0" encoding="UTF-8"?>)"
                                          "\n";

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (static_cast<uint8_t>(c) < 0x20)
          fmt::format_to(std::back_inserter(out), "&#x{:x};", static_cast<uint8_t>(c));
        else
          out += c;
    }
  }
}
}  // namespace

XmlWriter::XmlWriter(std::string_view root) : out_(kDeclaration), root_(root) {
  out_ += fmt::format(R"(<{} xmlns="{}">)", root, kXmlNamespace);
}

XmlWriter XmlWriter::plain(std::string_view root) {
  XmlWriter writer;
  writer.out_ = kDeclaration;
  writer.root_ = root;
  writer.open(root);
  return writer;
}

void XmlWriter::open(std::string_view name) { out_.append(1, '<').append(name).append(1, '>'); }
void XmlWriter::close(std::string_view name) { out_.append("</").append(name).append(1, '>'); }

void XmlWriter::text(std::string_view name, std::string_view value) {
  open(name);
  append_escaped(out_, value);
  close(name);
}

void XmlWriter::number(std::string_view name, uint64_t value) { text(name, fmt::format_int(value).c_str()); }

std::string XmlWriter::finish() && {
  close(root_);
  return std::move(out_);
}

std::string quote_etag(std::string_view etag) { return fmt::format("\"{}\"", etag); }

std::string_view unquote_etag(std::string_view etag) {
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) return etag.substr(1, etag.size() - 2);
  return etag;
}

}  // namespace evershore::s3
