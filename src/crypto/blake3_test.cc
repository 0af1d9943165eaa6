#include "crypto/blake3.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/content_hash.h"

namespace warder::crypto {
namespace {

// From test_vectors.json of the BLAKE3 team: the input repeats the bytes 0, 1, 2 … 250. Both sides of each border of
// blocks, chunks and of what is hashed side by side; all were compared with b3sum 1.3.
struct Case {
  std::size_t size;
  std::string_view digest;
};
constexpr Case kCases[] = {
    {0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
    {1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
    {63, "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"},
    {64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"},
    {65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"},
    {1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
    {1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
    {1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
    {2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
    {2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
    {3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
    {3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"},
    {4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969"},
    {4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995"},
    {5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"},
    {5121, "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff"},
    {6144, "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205"},
    {6145, "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f"},
    {7168, "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a"},
    {8192, "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63"},
    {8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"},
    {16384, "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4"},
    {16385, "1dabe216be2578830263b049de1639f39f05a4da616b9b78c7a5e4e41662fd1f"},
    {31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
    {65536, "68d647e619a930e7b1082f74f334b0c65a315725569bdc123f0ee11881717bfe"},
    {65537, "7c99f9840a73dfcb6e5bfe4ff6d1558acab7e015640790c26411818bdbe17eca"},
    {102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
};

Bytes input(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

TEST(Blake3, GivesThePublishedDigests) {
  Blake3 hash;
  for (const Case& each : kCases) {
    SCOPED_TRACE(each.size);
    hash.update(input(each.size));
    EXPECT_EQ(to_hex(as_bytes(hash.finish())), each.digest);
  }
}

TEST(Blake3, IsTheSameInPiecesOfAnySize) {
  const Bytes all = input(100'000);
  Blake3 whole;
  whole.update(all);
  const std::string expected = whole.finish();
  for (const std::size_t piece : {1UL, 7UL, 64UL, 1023UL, 1024UL, 1025UL, 8191UL, 8192UL, 8193UL, 65'536UL}) {
    SCOPED_TRACE(piece);
    Blake3 hash;
    ByteView rest(all);
    while (!rest.empty()) {
      const std::size_t size = std::min(piece, rest.size());
      hash.update(rest.first(size));
      rest = rest.subspan(size);
    }
    EXPECT_EQ(hash.finish(), expected);
  }
}

TEST(Blake3, IsOneOfTheContentHashes) {
  ContentHash hash(HashAlgorithm::Blake3);
  hash.update(input(1));
  EXPECT_EQ(to_hex(as_bytes(hash.finish())), kCases[1].digest);
  EXPECT_EQ(to_hex(as_bytes(hash.finish())), kCases[0].digest) << "the next starts empty";
}

}  // namespace
}  // namespace warder::crypto
