// OpenSSL's objects with owners; for this folder's .cc files only.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "acme/key.h"

namespace evershore::acme {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Release<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;

struct Key::Native {
  KeyPtr key;
};

inline BioPtr reading(std::string_view text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }
inline BioPtr writing() { return BioPtr(BIO_new(BIO_s_mem())); }
inline std::string written(BIO* bio) {
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &data));
  return std::string(data, size);
}

// "DNS:a.test,DNS:*.b.test" as an extension.
std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> names_extension(std::span<const std::string> names);

}  // namespace evershore::acme
