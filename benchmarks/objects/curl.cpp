// bench_objects_curl <size>: libcurl writes the object of that size into a file.
#include <cstdio>
#include <cstdlib>
#include <curl/curl.h>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string url = std::string(std::getenv("AWS_ENDPOINT_URL_S3")) + "/bucket/" + argv[1];
  const std::string path = std::string(std::getenv("LAMBDA_CACHE_S3_DIRECTORY")) + "/" + argv[1];
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* const handle = curl_easy_init();
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (handle == nullptr || file == nullptr) return 1;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  // By fwrite() from a buffer of 100 KiB, as the curl tool does.
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, file);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 100L * 1024);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  const CURLcode code = curl_easy_perform(handle);
  if (std::fclose(file) != 0 || code != CURLE_OK) {
    std::fprintf(stderr, "%s\n", curl_easy_strerror(code));
    return 1;
  }
  std::puts(path.c_str());
  return 0;
}
