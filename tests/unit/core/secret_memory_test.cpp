#include "core/secret_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace lambda_cache::core {
namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t every_size[] = {1,
                                      8,
                                      15,
                                      16,
                                      17,
                                      24,
                                      25,
                                      32,
                                      33,
                                      47,
                                      48,
                                      49,
                                      64,
                                      65,
                                      96,
                                      100,
                                      1'000,
                                      4'095,
                                      4'096,
                                      4'097,
                                      6'144,
                                      6'145,
                                      8'192,
                                      12'289,
                                      24 * kib,
                                      32 * kib,
                                      32 * kib + 1,
                                      256 * kib,
                                      256 * kib + 1,
                                      1'000 * kib};

std::uintptr_t address(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block);
}

/// What is at an address, as the kernel sees it: also of memory that is not ours any more.
std::string memory_at(std::uintptr_t at, std::size_t bytes) {
  std::string out(bytes, '?');
  const int file = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  const auto got = ::pread(file, out.data(), bytes, static_cast<off_t>(at));
  ::close(file);
  out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return out;
}

/// Whether a released block that was full of 'S' still shows it. A free block begins with the link
/// to the next one, an address, in which any byte may happen to be an 'S'; where the mapping is
/// gone nothing can be read, which is as good.
bool shows_secret(std::uintptr_t at, std::size_t bytes) {
  const std::string seen = memory_at(at, bytes);
  const std::size_t link = std::min(seen.size(), sizeof(void*));
  return seen.find('S', link) != std::string::npos ||
         (link != 0 && seen.substr(0, link) == std::string(link, 'S'));
}

/// The VmFlags line of the mapping that holds an address.
std::string mapping_flags(std::uintptr_t at) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(maps, line)) {
    std::uintptr_t low = 0;
    std::uintptr_t high = 0;
    char dash = 0;
    std::istringstream range(line);
    if (line.find('-') < 17 && range >> std::hex >> low >> dash >> high && dash == '-')
      inside = low <= at && at < high;
    else if (inside && line.starts_with("VmFlags:"))
      return line + ' ';
  }
  return "(no mapping)";
}

TEST(secret_memory, blocks_are_aligned_and_do_not_overlap) {
  struct block {
    void* at;
    std::size_t bytes;
    std::size_t alignment;
    unsigned char mark;
  };
  std::vector<block> blocks;
  unsigned char mark = 0;
  for (const std::size_t alignment : {1U, 2U, 8U, 16U, 32U, 64U, 256U, 4'096U})
    for (const std::size_t bytes : every_size)
      for (int copy = 0; copy < 3; ++copy) {
        void* at = secret_allocate(bytes, alignment);
        ASSERT_EQ(address(at) % std::max<std::size_t>(alignment, 8), 0U)
            << bytes << " aligned to " << alignment;
        std::memset(at, ++mark, bytes);
        blocks.push_back({at, bytes, alignment, mark});
      }
  for (const block& b : blocks) {
    const auto* bytes = static_cast<const unsigned char*>(b.at);
    ASSERT_TRUE(std::all_of(bytes, bytes + b.bytes, [&](auto c) { return c == b.mark; }));
  }
  for (const block& b : blocks)
    secret_release(b.at, b.bytes, b.alignment);
}

TEST(secret_memory, released_block_holds_nothing_of_the_secret) {
  for (const std::size_t bytes : every_size) {
    void* block = secret_allocate(bytes, 1);
    std::memset(block, 'S', bytes);
    const std::uintptr_t at = address(block);
    secret_release(block, bytes, 1);
    EXPECT_FALSE(shows_secret(at, bytes)) << bytes;
  }
}

TEST(secret_memory, block_that_is_in_use_is_readable) {
  // The counterpart of the test above: shows_secret() does see a secret that is there.
  void* block = secret_allocate(100, 1);
  std::memset(block, 'S', 100);
  EXPECT_TRUE(shows_secret(address(block), 100));
  secret_release(block, 100, 1);
}

TEST(secret_memory, new_block_holds_nothing_of_an_old_one) {
  for (const std::size_t bytes : {16U, 48U, 1'000U}) {
    for (int round = 0; round < 100; ++round) {
      auto* block = static_cast<char*>(secret_allocate(bytes, 1));
      ASSERT_EQ(std::count(block, block + bytes, 'S'), 0);
      ASSERT_EQ(std::count(block, block + bytes, '\0'), static_cast<std::ptrdiff_t>(bytes))
          << "not even the address of another block";
      std::memset(block, 'S', bytes);
      secret_release(block, bytes, 1);
    }
  }
}

TEST(secret_memory, released_block_is_used_again) {
  std::vector<std::uintptr_t> seen;
  for (int round = 0; round < 1'000; ++round) {
    void* block = secret_allocate(500, 8);
    seen.push_back(address(block));
    secret_release(block, 500, 8);
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()) - seen.begin(), 1);
}

TEST(secret_memory, every_block_is_left_out_of_core_dumps) {
  for (const std::size_t bytes : every_size) {
    void* block = secret_allocate(bytes, 1);
    EXPECT_NE(mapping_flags(address(block)).find(" dd "), std::string::npos) << bytes;
    secret_release(block, bytes, 1);
  }
  const int on_the_stack = 0;
  EXPECT_EQ(mapping_flags(address(&on_the_stack)).find(" dd "), std::string::npos)
      << "the check itself";
}

TEST(secret_memory, bytes_in_use_are_counted) {
  const std::size_t before = secret_bytes_in_use();
  void* small = secret_allocate(100, 1);
  EXPECT_EQ(secret_bytes_in_use(), before + 100);
  void* large = secret_allocate(100 * kib, 1);
  EXPECT_EQ(secret_bytes_in_use(), before + 100 + 100 * kib);
  secret_release(small, 100, 1);
  secret_release(large, 100 * kib, 1);
  EXPECT_EQ(secret_bytes_in_use(), before);
}

TEST(secret_memory, refused_allocation_counts_nothing) {
  const std::size_t before = secret_bytes_in_use();
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  for (const std::size_t bytes : {most, most - 100, most / 2})
    EXPECT_THROW((void)secret_allocate(bytes, 1), std::bad_alloc);
  EXPECT_THROW((void)secret_allocate(16, 8'192), std::bad_alloc) << "beyond a page";
  EXPECT_THROW((void)secret_allocator<std::uint64_t>().allocate(most / 2),
               std::bad_array_new_length);
  EXPECT_EQ(secret_bytes_in_use(), before);
}

TEST(secret_memory, releasing_nothing_is_harmless) {
  secret_release(nullptr, 0, 1);
}

TEST(secret_memory, empty_blocks_are_blocks) {
  void* a = secret_allocate(0, 1);
  void* b = secret_allocate(0, 1);
  EXPECT_NE(a, b);
  secret_release(a, 0, 1);
  secret_release(b, 0, 1);
}

TEST(secret_memory, growing_buffer_leaves_nothing_behind) {
  secret_bytes text;
  std::vector<std::pair<std::uintptr_t, std::size_t>> left;
  for (int i = 0; i < 20'000; ++i) {
    if (text.size() == text.capacity() && !text.empty())
      left.emplace_back(address(text.data()), text.size());
    text.push_back('S');
  }
  ASSERT_FALSE(left.empty());
  for (const auto& [at, bytes] : left)
    if (at < address(text.data()) || at >= address(text.data()) + text.capacity()) {
      EXPECT_FALSE(shows_secret(at, bytes)) << bytes;
    }
}

TEST(secret_memory, serves_containers_as_a_memory_resource) {
  const std::size_t before = secret_bytes_in_use();
  {
    std::pmr::vector<std::pmr::string> texts(secret_resource());
    for (int i = 0; i < 100; ++i)
      texts.emplace_back(std::size_t(100), 'S');
    EXPECT_NE(mapping_flags(address(texts.back().data())).find(" dd "), std::string::npos);
    EXPECT_GT(secret_bytes_in_use(), before + 10'000);
  }
  EXPECT_EQ(secret_bytes_in_use(), before);
  EXPECT_TRUE(secret_resource()->is_equal(*secret_resource()));
  EXPECT_FALSE(secret_resource()->is_equal(*std::pmr::new_delete_resource()));
}

TEST(secret_memory, threads_share_it) {
  const std::size_t before = secret_bytes_in_use();
  std::vector<std::thread> threads;
  std::atomic<int> torn{0};
  for (unsigned seed = 1; seed <= 4; ++seed)
    threads.emplace_back([seed, &torn] {
      std::mt19937 random(seed);
      std::vector<secret_bytes> mine;
      for (int i = 0; i < 5'000; ++i) {
        if (mine.size() > 50 || (random() % 3 == 0 && !mine.empty())) {
          const auto at = random() % mine.size();
          const auto& bytes = mine[at];
          if (std::count(bytes.begin(), bytes.end(), static_cast<char>(seed)) !=
              static_cast<std::ptrdiff_t>(bytes.size()))
            ++torn;
          mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          mine.emplace_back(random() % (random() % 20 == 0 ? 50'000 : 500),
                            static_cast<char>(seed));
        }
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(secret_bytes_in_use(), before);
}

TEST(secret_memory, forked_child_keeps_what_it_had_and_allocates) {
  std::atomic<bool> stop{false};
  // Somebody is inside the arena whenever the fork comes.
  std::thread busy([&] {
    while (!stop)
      secret_release(secret_allocate(64, 8), 64, 8);
  });
  secret_bytes text(100, 'S');
  for (int round = 0; round < 50; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      secret_bytes copy = text;
      copy.push_back('T');
      ::_exit(copy.size() == 101 && copy[99] == 'S' ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  stop = true;
  busy.join();
}

}  // namespace
}  // namespace lambda_cache::core
