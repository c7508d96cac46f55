// Certificates made at run time, for the endpoint to show.
#pragma once

#include <openssl/types.h>

#include <string>

namespace lambda_cache::benchmarks {

/// RSA-2048, signed by a CA that exists only here; good for 127.0.0.1 and localhost.
struct certificates {
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  std::string ca_pem;
};

/// Ends the process where OpenSSL refuses. Never freed.
[[nodiscard]] certificates make_certificates();

}  // namespace lambda_cache::benchmarks
