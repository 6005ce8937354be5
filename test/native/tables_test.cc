#include <atomic>
#include <set>
#include <thread>

#include "check.h"
#include "core/mapping.h"
#include "core/mapping_registry.h"
#include "core/share_table.h"

using namespace mmapdir;

namespace {

MappingRegistry& registry() { return MappingRegistry::instance(); }
ShareTable& shares() { return ShareTable::instance(); }

template <typename Body>
void inThreads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; i++) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST("the limit is exact, and a permit is given back once") {
  const auto before = registry().totals();
  registry().setLimit(before.mappings + 3);
  {
    const MappingPermit two = registry().permit(2, 100);
    CHECK(registry().totals().mappings == before.mappings + 2);
    CHECK(registry().totals().bytes == before.bytes + 100);
    CHECK_THROWS(MappingLimitError, registry().permit(2, 1));
    CHECK_THROWS(MappingLimitError, registry().permit(~std::uint64_t{0}, 1));
    MappingPermit one = registry().permit(1, 1);
    CHECK_THROWS(MappingLimitError, registry().permit(1, 1));
    const MappingPermit none = registry().permit(0, 5);
    const MappingPermit moved = std::move(one);
    CHECK(registry().totals().mappings == before.mappings + 3);
  }
  CHECK(registry().totals().mappings == before.mappings);
  CHECK(registry().totals().bytes == before.bytes);
  registry().setLimit(before.mappings);
  CHECK_THROWS(MappingLimitError, registry().permit(1, 1));
  registry().setLimit(before.limit);
}

TEST("threads never hold more permits than there may be") {
  const auto before = registry().totals();
  registry().setLimit(before.mappings + 5);
  std::atomic<int> held{0};
  std::atomic<bool> exceeded{false};
  inThreads(8, [&](int) {
    for (int turn = 0; turn < 2000; turn++) {
      try {
        const MappingPermit permit = registry().permit(2, 10);
        if (held.fetch_add(2) + 2 > 5) exceeded = true;
        held.fetch_sub(2);
      } catch (const MappingLimitError&) {
      }
    }
  });
  CHECK(!exceeded);
  CHECK(registry().totals().mappings == before.mappings);
  registry().setLimit(before.limit);
}

TEST("entries are right while threads open and close") {
  const TestFile file(3 * 65536);
  std::atomic<bool> done{false};
  std::thread watcher([&] {
    while (!done) {
      std::uint64_t last = 0;
      for (const MappingRegistry::Entry& entry : registry().entries()) {
        CHECK(entry.id > last);
        CHECK(entry.length == 3 * 65536);
        last = entry.id;
      }
    }
  });
  inThreads(6, [&](int thread) {
    for (int turn = 0; turn < 200; turn++) {
      const auto mapping = Mapping::open(file.descriptor(), 3 * 65536, {16, (thread + turn) % 2 == 0});
      CHECK(holdsPattern(mapping->at(65536, 1), 65536));
    }
  });
  done = true;
  watcher.join();
  CHECK(registry().entries().empty());
  CHECK(registry().totals().mappings == 0);
  const auto mapping = Mapping::open(file.descriptor(), 10, {});
  const auto other = mapping;
  CHECK(registry().entries().size() == 1);
  CHECK(registry().entries()[0].references == 2);
}

TEST("a share is claimed once, and by all of its words only") {
  const TestFile file(100);
  const auto mapping = Mapping::open(file.descriptor(), 100, {});
  const ShareTable::Share share = shares().add(mapping, 10, 20, nullptr);
  CHECK(share.key.size() == 32);
  ShareTable::Share forged = share;
  forged.key[31] = forged.key[31] == 'a' ? 'b' : 'a';
  CHECK(shares().claim(forged, 10, 20) == nullptr);
  CHECK(shares().claim({share.id + 1, share.key}, 10, 20) == nullptr);
  CHECK(shares().claim({share.id, ""}, 10, 20) == nullptr);
  CHECK(shares().claim(share, 11, 20) == nullptr);
  CHECK(shares().claim(share, 10, 21) == nullptr);
  shares().withdraw(forged);
  CHECK(shares().claim(share, 10, 20) == mapping);
  CHECK(shares().claim(share, 10, 20) == nullptr);
}

TEST("a share keeps its mapping until it is withdrawn, or its owner ends") {
  const TestFile file(100);
  int me = 0;
  int other = 0;
  std::weak_ptr<Mapping> weak;
  std::vector<ShareTable::Share> made;
  {
    const auto mapping = Mapping::open(file.descriptor(), 100, {});
    weak = mapping;
    made.push_back(shares().add(mapping, 0, 100, &me));
    made.push_back(shares().add(mapping, 0, 100, &me));
    made.push_back(shares().add(mapping, 0, 100, &other));
  }
  CHECK(weak.use_count() == 3);
  shares().withdraw(made[0]);
  shares().withdraw(made[0]);
  CHECK(weak.use_count() == 2);
  shares().withdrawAll(&me);
  CHECK(weak.use_count() == 1);
  CHECK(shares().claim(made[1], 0, 100) == nullptr);
  CHECK(shares().claim(made[2], 0, 100) != nullptr);
  CHECK(weak.expired());
}

TEST("of many threads, one gets a share") {
  const TestFile file(100);
  for (int turn = 0; turn < 200; turn++) {
    const ShareTable::Share share =
        shares().add(Mapping::open(file.descriptor(), 100, {}), 0, 100, &turn);
    std::atomic<int> claimed{0};
    inThreads(4, [&](int thread) {
      if (thread == 3) {
        shares().withdrawAll(&turn);
      } else if (shares().claim(share, 0, 100) != nullptr) {
        claimed++;
      }
    });
    CHECK(claimed <= 1);
  }
  CHECK(registry().totals().mappings == 0);
}

int main() { return runTests(); }
