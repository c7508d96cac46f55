# Language level, warnings, sanitizers and the compiler cache, for every target of this project.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  # -O3 makes the HTTP stack larger and not faster.
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

  # The base directory lets clones at different paths share what they compiled.
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER OR CMAKE_CXX_COMPILER_LAUNCHER STREQUAL "ccache")
    find_program(LAMBDA_CACHE_CCACHE ccache)
    if(LAMBDA_CACHE_CCACHE)
      set(CMAKE_CXX_COMPILER_LAUNCHER
          ${CMAKE_COMMAND} -E env
          CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
          ${LAMBDA_CACHE_CCACHE})
    endif()
  endif()
endif()

add_library(lambda_cache_options INTERFACE)
target_compile_options(
  lambda_cache_options
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
            -ffunction-sections -fdata-sections
            $<$<BOOL:${LAMBDA_CACHE_WERROR}>:-Werror>
            # libstdc++ 12 itself uses what C++23 deprecates; clang notices.
            $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
            $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
target_link_options(lambda_cache_options INTERFACE -Wl,--gc-sections)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  # A hit reads a thread-local slot; inside a Python module a descriptor is the cheap way to it.
  target_compile_options(lambda_cache_options INTERFACE -mtls-dialect=gnu2)
endif()

if(LAMBDA_CACHE_SANITIZE)
  add_compile_options(-fsanitize=${LAMBDA_CACHE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LAMBDA_CACHE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc's flow warnings see the sanitizer's own branches.
    add_compile_options(-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endif()
