# lambda_cache_library(<folder> [NOT_INSTALLED] SOURCES <files> [DEPENDS <folders>] [LINK <libraries>])
#
# The one target of a folder of src/: static library lambda_cache_<folder>, alias
# lambda_cache::<folder>. DEPENDS names other folders, LINK libraries from outside.
# NOT_INSTALLED: no part of the library that programs link. Folders that use Boost get it with LINK lambda_cache_boost.
function(lambda_cache_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NOT_INSTALLED" "" "SOURCES;DEPENDS;LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lambda_cache_library(${folder}): unknown ${arg_UNPARSED_ARGUMENTS}")
  endif()
  lambda_cache_require_folders("src/${folder}" ${arg_DEPENDS})

  set(target lambda_cache_${folder})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(lambda_cache::${folder} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
                                              $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  # Who uses the installed library needs neither our warnings nor Boost.
  list(TRANSFORM arg_LINK REPLACE "^lambda_cache_boost$" "$<BUILD_INTERFACE:lambda_cache_boost>")
  list(TRANSFORM arg_DEPENDS PREPEND lambda_cache_)
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} ${arg_LINK}
                                  PRIVATE $<BUILD_INTERFACE:lambda_cache_options>)
  if(NOT arg_NOT_INSTALLED)
    install(TARGETS ${target} EXPORT lambda_cache ARCHIVE COMPONENT development)
  endif()
endfunction()

# Folders are added dependencies first; a name that has no target yet is a mistake.
function(lambda_cache_require_folders who)
  foreach(folder IN LISTS ARGN)
    if(NOT TARGET lambda_cache_${folder})
      message(FATAL_ERROR "${who} depends on src/${folder}, which is not built before it")
    endif()
  endforeach()
endfunction()

# Adds a folder of the tree if it has something to build.
macro(lambda_cache_add_folder path)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${path}/CMakeLists.txt")
    add_subdirectory(${path})
  endif()
endmacro()
