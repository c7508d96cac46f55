// libcurl, shared as distributions ship it, with one easy handle that is used again.
#include "measured.hpp"

#include <curl/curl.h>

namespace {

std::size_t collect(char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(data, size * count);
  return size * count;
}

}  // namespace

int main(int argc, char** argv) {
  namespace bench = lambda_cache::benchmarks;
  const std::string url = bench::environment("AWS_ENDPOINT_URL_SSM");
  const std::string bundle = bench::environment("AWS_CA_BUNDLE");
  const std::string body = R"({"Name":")" + std::string(bench::parameter_name) + R"("})";
  CURL* handle = nullptr;
  std::string got;
  return bench::measure(argc, argv, [&] {
    if (handle == nullptr) {
      curl_global_init(CURL_GLOBAL_DEFAULT);
      handle = curl_easy_init();
      curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/x-amz-json-1.1");
      headers = curl_slist_append(headers, "X-Amz-Target: AmazonSSM.GetParameter");
      curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
      if (!bundle.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, bundle.c_str());
      curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
      curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &collect);
      curl_easy_setopt(handle, CURLOPT_WRITEDATA, &got);
    }
    got.clear();
    const CURLcode code = curl_easy_perform(handle);
    if (code != CURLE_OK) bench::give_up(curl_easy_strerror(code));
    return got;
  });
}
