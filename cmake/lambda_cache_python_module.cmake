# lambda_cache_python_module(<name> SOURCES <files> [DEPENDS <folders>] [LINK <libraries>])
#
# The extension module. With LAMBDA_CACHE_ABI3 it uses the Limited API of CPython 3.12 only and
# needs the headers of 3.12 or later (set Python_INCLUDE_DIR where they are not the interpreter's).
# It exports PyInit_<name> and nothing else, carries libstdc++ and OpenSSL inside, and takes
# libgcc_s from the system.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module
             OPTIONAL_COMPONENTS Development.SABIModule)
if(NOT nanobind_ROOT)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
    OUTPUT_VARIABLE nanobind_ROOT
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
find_package(nanobind CONFIG REQUIRED)

function(lambda_cache_python_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINK")
  lambda_cache_missing_folders(missing ${arg_DEPENDS})
  if(missing)
    message(WARNING "the Python module is left out: it needs src/${missing}")
    return()
  endif()

  set(abi "")
  if(LAMBDA_CACHE_ABI3)
    set(abi STABLE_ABI)
  endif()
  nanobind_add_module(${name} NB_STATIC ${abi} NB_SUPPRESS_WARNINGS ${arg_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_23)
  if(LAMBDA_CACHE_ABI3)
    # nanobind falls back to the full API without a word.
    get_target_property(suffix ${name} SUFFIX)
    if(NOT suffix STREQUAL ".abi3.so")
      message(FATAL_ERROR "LAMBDA_CACHE_ABI3 needs the headers of CPython 3.12 or later; "
                          "found ${Python_VERSION} in ${Python_INCLUDE_DIRS}")
    endif()
  endif()

  set(exports "${CMAKE_CURRENT_BINARY_DIR}/${name}.map")
  file(CONFIGURE OUTPUT "${exports}" CONTENT "{ global: PyInit_${name}; local: *; };\n")
  list(TRANSFORM arg_DEPENDS PREPEND lambda_cache_)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LINK} lambda_cache_options)
  target_link_options(${name} PRIVATE -Wl,--version-script=${exports} -Wl,--exclude-libs,ALL
                      -Wl,-z,now -Wl,-z,relro)
  target_link_options(${name} PRIVATE -static-libstdc++)
  set_target_properties(${name} PROPERTIES LINK_DEPENDS "${exports}")
  install(TARGETS ${name} LIBRARY DESTINATION lambda_cache COMPONENT python)
endfunction()
