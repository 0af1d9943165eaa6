#include "scanner/memory_scan.h"

#include <gtest/gtest.h>

namespace warder::scanner {
namespace {

constexpr std::string_view kSmaps = R"(55d0c0000000-55d0c0010000 r-xp 00000000 08:01 123  /usr/bin/program
Size:                 64 kB
VmFlags: rd ex mr mw me
55d0c0010000-55d0c0012000 rw-p 00010000 08:01 123  /usr/bin/program
VmFlags: rd wr mr mw me
55d0c1000000-55d0c1021000 rw-p 00000000 00:00 0                          [heap]
VmFlags: rd wr mr mw me ac
7f0000000000-7f0000001000 ---p 00000000 00:00 0
VmFlags: mr mw me
7f0000001000-7f0000002000 rwxp 00000000 00:00 0
VmFlags: rd wr ex mr mw me
7f0000002000-7f0000003000 r-xp 00000000 00:01 9 /memfd:payload (deleted)
VmFlags: rd ex mr
7f0000003000-7f0000004000 r-xp 00000000 08:01 9 /tmp/gone lib.so (deleted)
VmFlags: rd ex mr
7f0000004000-7f0000005000 rw-s 00000000 08:01 9 /var/lib/db
VmFlags: rd wr sh mr
7f0000005000-7f0000006000 rw-s 00000000 00:05 9 /dev/dri/card0
VmFlags: rd wr sh io pf
7f0000005000-7f0000006000 rw-s 00000000 00:01 9 /dev/zero (deleted)
VmFlags: rd wr sh
7f0000006000-7f0000007000 rw-p 00000000 00:00 0
VmFlags: rd wr mr mw me um
7ffc00000000-7ffc00004000 r--p 00000000 00:00 0                          [vvar]
VmFlags: rd mr
)";

TEST(MemoryScan, ReadsWhatNoFileHolds) {
  std::vector<std::string> names;
  for (const MemoryRegion& each : regions_of(kSmaps)) names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{"/usr/bin/program", "[heap]", "", "/memfd:payload (deleted)",
                                             "/tmp/gone lib.so (deleted)", "/dev/zero (deleted)"}));
  const auto regions = regions_of(kSmaps);
  EXPECT_EQ(regions[1].start, 0x55d0c1000000U);
  EXPECT_EQ(regions[1].end, 0x55d0c1021000U);
}

TEST(MemoryScan, OddLinesAreNoRegions) {
  for (const char* text : {"", "\n\n", "VmFlags: rd", "1-0 r--p 0 0 0\nVmFlags: rd\n", "zz-10 r--p\nVmFlags: rd\n",
                           "10-20\nVmFlags: rd\n", "10-20 r\nVmFlags: rd\n", "-\n- -\nVmFlags:"})
    EXPECT_TRUE(regions_of(text).empty()) << text;
}

}  // namespace
}  // namespace warder::scanner
