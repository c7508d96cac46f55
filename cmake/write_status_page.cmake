# Writes OUTPUT, which holds the page in FILE as a string.
file(READ "${FILE}" page)
string(FIND "${page}" ")page\"" end)
if(NOT end EQUAL -1)
  message(FATAL_ERROR "${FILE} holds )page\", which would end the string that it is in")
endif()
file(WRITE "${OUTPUT}" "#include \"agent/status_page.hpp\"

namespace lambda_cache::agent {

const std::string_view status_page_html = R\"page(${page})page\";

}  // namespace lambda_cache::agent
")
