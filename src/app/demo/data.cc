#include "app/demo/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "base/mix.h"
#include "io/files.h"

namespace evershore::app::demo {

namespace {

namespace fs = std::filesystem;

constexpr size_t kBlockBytes = 256 * 1024;

// splitmix64 of the word's place: any part of a pattern can be made without the rest.
uint64_t pattern_word(uint64_t seed, uint64_t index) { return mixed(seed * 0xD1B54A32D192ED03ULL + (index + 1) * 0x9E3779B97F4A7C15ULL); }

std::vector<std::string> files_below(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (at->is_symlink(ignored) || !at->is_regular_file(ignored)) continue;
    paths.push_back(at->path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void add_generated(std::vector<DataObject>& objects, size_t files_min) {
  for (size_t i = objects.size(); i < files_min; ++i) {
    objects.push_back(pattern_object(fmt::format("generated/{:04}.bin", i), i, 200 + pattern_word(7, i) % 16'000));
  }
}

}  // namespace

std::string content_type_of(const std::string& path) {
  static constexpr std::array<std::array<std::string_view, 2>, 12> kTypes{{{".html", "text/html"},
                                                                           {".htm", "text/html"},
                                                                           {".css", "text/css"},
                                                                           {".js", "text/javascript"},
                                                                           {".json", "application/json"},
                                                                           {".gz", "application/gzip"},
                                                                           {".png", "image/png"},
                                                                           {".svg", "image/svg+xml"},
                                                                           {".pdf", "application/pdf"},
                                                                           {".md", "text/markdown"},
                                                                           {".xml", "application/xml"},
                                                                           {".bin", "application/octet-stream"}}};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return std::string(type);
  }
  return "text/plain";
}

std::vector<DataObject> small_objects(const DataRules& rules) {
  std::vector<DataObject> objects;
  uint64_t total = 0;
  for (const std::string& path : files_below(rules.directory)) {
    if (objects.size() >= rules.files_max) break;
    const auto bytes = io::read_whole_file(path, rules.file_bytes_max);
    if (!bytes || total + bytes->size() > rules.bytes_max) continue;
    total += bytes->size();
    objects.push_back({.key = "doc" + path.substr(rules.directory.size()),
                       .content_type = content_type_of(path),
                       .size_bytes = bytes->size(),
                       .sha256 = sha256(*bytes),
                       .file = path});
  }
  add_generated(objects, rules.files_min);
  return objects;
}

void fill_pattern(uint64_t seed, uint64_t offset, std::span<uint8_t> into) {
  for (size_t at = 0; at < into.size(); at += 8) {
    const uint64_t word = pattern_word(seed, (offset + at) / 8);
    std::memcpy(into.data() + at, &word, std::min<size_t>(8, into.size() - at));
  }
}

DataObject pattern_object(std::string key, uint64_t seed, uint64_t size_bytes) {
  Hasher hasher(HashKind::kSha256);
  std::vector<uint8_t> block(std::min<uint64_t>(size_bytes, kBlockBytes));
  for (uint64_t at = 0; at < size_bytes; at += block.size()) {
    const auto part = std::span(block).first(std::min<uint64_t>(block.size(), size_bytes - at));
    fill_pattern(seed, at, part);
    hasher.update(part);
  }
  auto type = content_type_of(key);
  return {.key = std::move(key),
          .content_type = std::move(type),
          .size_bytes = size_bytes,
          .sha256 = hasher.finish_as<Sha256>(),
          .file = {},
          .pattern_seed = seed};
}

Result<std::string> bytes_of(const DataObject& object) {
  if (!object.file.empty()) return io::read_whole_file(object.file, object.size_bytes);
  std::string bytes(object.size_bytes, '\0');
  fill_pattern(object.pattern_seed, 0, {reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

}  // namespace evershore::app::demo
