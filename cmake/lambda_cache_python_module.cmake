# lambda_cache_python_module(<name> SOURCES <files> [DEPENDS <folders>] [LINK <libraries>])
#
# The extension module, installed as lambda_cache/<name> by the component "python". With
# LAMBDA_CACHE_ABI3 it uses the Limited API of CPython 3.12 only (file <name>.abi3.so) and needs the
# headers of 3.12 or later. It exports PyInit_<name> and nothing else, carries libstdc++ and OpenSSL
# inside, and takes libgcc_s from the system.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)

if(LAMBDA_CACHE_ABI3)
  if(Python_VERSION VERSION_LESS 3.12)
    message(FATAL_ERROR "LAMBDA_CACHE_ABI3 needs CPython 3.12 or later; this is ${Python_VERSION}")
  endif()
  # FindPython knows the stable ABI from CMake 3.26 on; nanobind asks for both of these.
  if(NOT TARGET Python::SABIModule)
    add_library(Python::SABIModule INTERFACE IMPORTED)
    target_link_libraries(Python::SABIModule INTERFACE Python::Module)
  endif()
  set(Python_SOSABI abi3)
endif()

if(NOT nanobind_ROOT)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
    OUTPUT_VARIABLE nanobind_ROOT
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
find_package(nanobind CONFIG REQUIRED)

function(lambda_cache_python_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINK")
  lambda_cache_require_folders("src/python" ${arg_DEPENDS})

  set(options "")
  if(LAMBDA_CACHE_ABI3)
    set(options STABLE_ABI)
  endif()
  if(LAMBDA_CACHE_SANITIZE)
    list(APPEND options NOSTRIP)
  endif()
  # nanobind optimises for size unless told otherwise.
  nanobind_add_module(${name} NB_STATIC NOMINSIZE NB_SUPPRESS_WARNINGS ${options} ${arg_SOURCES})
  get_target_property(suffix ${name} SUFFIX)
  if(LAMBDA_CACHE_ABI3 AND NOT suffix STREQUAL ".abi3.so")
    # nanobind falls back to the full API without a word.
    message(FATAL_ERROR "nanobind refused the stable ABI: the module would be ${name}${suffix}")
  endif()

  set(exports "${CMAKE_CURRENT_BINARY_DIR}/${name}.map")
  file(CONFIGURE OUTPUT "${exports}" CONTENT "{ global: PyInit_${name}; local: *; };\n")
  list(TRANSFORM arg_DEPENDS PREPEND lambda_cache_)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LINK} lambda_cache_options)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL -Wl,--version-script=${exports}
                      -Wl,-z,relro,-z,now)
  if(NOT LAMBDA_CACHE_SANITIZE)
    # A sanitizer watches exceptions through the shared one.
    target_link_options(${name} PRIVATE -static-libstdc++)
  endif()
  set_target_properties(${name} PROPERTIES LINK_DEPENDS "${exports}")
  install(TARGETS ${name} LIBRARY DESTINATION lambda_cache COMPONENT python)
endfunction()
