# lambda_cache::lambda_cache, what a C++ program links: from this tree (add_subdirectory,
# FetchContent) or installed (find_package(lambda_cache)). Our own headers, our language level and
# Boost stay inside.
if(NOT TARGET lambda_cache_wiring OR NOT TARGET lambda_cache_lambda)
  return()
endif()
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

add_library(lambda_cache INTERFACE)
add_library(lambda_cache::lambda_cache ALIAS lambda_cache)
target_compile_features(lambda_cache INTERFACE cxx_std_20)
target_include_directories(
  lambda_cache INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(lambda_cache INTERFACE $<LINK_ONLY:lambda_cache_wiring>
                                             $<LINK_ONLY:lambda_cache_lambda> Threads::Threads)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/lambda_cache")
install(TARGETS lambda_cache EXPORT lambda_cache COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/lambda_cache"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development)
install(EXPORT lambda_cache NAMESPACE lambda_cache:: FILE lambda_cache-targets.cmake
        DESTINATION "${package_dir}" COMPONENT development)
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/lambda_cache-config.cmake.in"
  "${PROJECT_BINARY_DIR}/lambda_cache-config.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/lambda_cache-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/lambda_cache-config.cmake"
              "${PROJECT_BINARY_DIR}/lambda_cache-config-version.cmake"
        DESTINATION "${package_dir}" COMPONENT development)
