# status_page_source: the file that holds src/agent/status_page.html as a string, written anew
# whenever the page changes. Declared in src/agent/status_page.hpp.
set(status_page_source "${PROJECT_BINARY_DIR}/generated/agent/status_page_html.cpp")
set(status_page_file "${PROJECT_SOURCE_DIR}/src/agent/status_page.html")
add_custom_command(
  OUTPUT "${status_page_source}"
  COMMAND ${CMAKE_COMMAND} "-DFILE=${status_page_file}" "-DOUTPUT=${status_page_source}" -P
          "${CMAKE_CURRENT_LIST_DIR}/write_status_page.cmake"
  DEPENDS "${status_page_file}" "${CMAKE_CURRENT_LIST_DIR}/write_status_page.cmake"
  COMMENT "Embedding the status page"
  VERBATIM)
