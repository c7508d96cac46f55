# Target lambda_cache_amazon_roots: the certificates that AWS endpoints are checked against, taken
# from the system's ca-certificates when the project is built. Parsing these few takes about a
# millisecond, the whole system store thirty.
#
#   #include "net/amazon_roots.hpp"
#   namespace lambda_cache::net { extern const std::string_view amazon_roots_pem; }
set(LAMBDA_CACHE_CA_DIR "/usr/share/ca-certificates/mozilla"
    CACHE PATH "Folder with the certificates of the Amazon Trust Services")

set(roots_required Amazon_Root_CA_1 Amazon_Root_CA_2 Amazon_Root_CA_3 Amazon_Root_CA_4
                   Starfield_Services_Root_Certificate_Authority_-_G2)
# Distributions drop these one by one; where they are gone, they are not needed.
set(roots_optional Starfield_Root_Certificate_Authority_-_G2 Starfield_Class_2_CA)

set(roots_files "")
foreach(root IN LISTS roots_required roots_optional)
  set(file "${LAMBDA_CACHE_CA_DIR}/${root}.crt")
  if(EXISTS "${file}")
    list(APPEND roots_files "${file}")
  elseif(root IN_LIST roots_required)
    message(FATAL_ERROR "${file} is missing. Install the package ca-certificates, "
                        "or set LAMBDA_CACHE_CA_DIR to a folder that has it.")
  endif()
endforeach()

set(roots_dir "${PROJECT_BINARY_DIR}/generated")
list(JOIN roots_files "|" roots_argument)
add_custom_command(
  OUTPUT "${roots_dir}/net/amazon_roots.cpp" "${roots_dir}/net/amazon_roots.hpp"
  COMMAND ${CMAKE_COMMAND} "-DFILES=${roots_argument}" "-DOUTPUT=${roots_dir}/net" -P
          "${CMAKE_CURRENT_LIST_DIR}/write_amazon_roots.cmake"
  DEPENDS ${roots_files} "${CMAKE_CURRENT_LIST_DIR}/write_amazon_roots.cmake"
  COMMENT "Embedding the Amazon roots"
  VERBATIM)

add_library(lambda_cache_amazon_roots STATIC "${roots_dir}/net/amazon_roots.cpp"
                                             "${roots_dir}/net/amazon_roots.hpp")
target_include_directories(lambda_cache_amazon_roots PUBLIC $<BUILD_INTERFACE:${roots_dir}>)
target_link_libraries(lambda_cache_amazon_roots PRIVATE $<BUILD_INTERFACE:lambda_cache_options>)
install(TARGETS lambda_cache_amazon_roots EXPORT lambda_cache ARCHIVE COMPONENT development)
