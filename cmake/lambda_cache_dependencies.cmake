# Libraries from the system. Nothing is downloaded.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)

if(NOT LAMBDA_CACHE_SYSTEM_OPENSSL)
  set(OPENSSL_USE_STATIC_LIBS TRUE)
endif()
find_package(OpenSSL 3.0 REQUIRED)

# Boost is used header-only: shipped files need no Boost library. Asio without its deprecated parts.
add_library(lambda_cache_boost INTERFACE)
target_link_libraries(lambda_cache_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(
  lambda_cache_boost INTERFACE BOOST_ALL_NO_LIB BOOST_ASIO_NO_DEPRECATED
                               BOOST_ASIO_DISABLE_BOOST_COROUTINE)

if(LAMBDA_CACHE_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
