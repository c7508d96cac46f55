# Writes amazon_roots.hpp and amazon_roots.cpp into OUTPUT from the PEM files in FILES ("a|b|c").
string(REPLACE "|" ";" files "${FILES}")

set(pem "")
foreach(file IN LISTS files)
  file(READ "${file}" content)
  string(REGEX MATCH "-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----"
               certificate "${content}")
  if(NOT certificate)
    message(FATAL_ERROR "${file} holds no PEM certificate")
  endif()
  string(APPEND pem "${certificate}\n")
endforeach()

file(WRITE "${OUTPUT}/amazon_roots.hpp" "#pragma once

#include <string_view>

namespace lambda_cache::net {

// PEM, one certificate after the other.
extern const std::string_view amazon_roots_pem;

}  // namespace lambda_cache::net
")
file(WRITE "${OUTPUT}/amazon_roots.cpp" "#include \"net/amazon_roots.hpp\"

namespace lambda_cache::net {

const std::string_view amazon_roots_pem = R\"pem(${pem})pem\";

}  // namespace lambda_cache::net
")
