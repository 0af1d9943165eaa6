#include "crypto/password.h"

#include <gtest/gtest.h>

namespace warder::crypto {
namespace {

constexpr PasswordCost kCheap{.memory_kib = 64, .passes = 1, .lanes = 1};

TEST(Password, AcceptsItselfOnly) {
  const std::string hash = hash_password("correct horse", {}, kCheap);
  EXPECT_TRUE(is_password("correct horse", hash));
  EXPECT_FALSE(is_password("correct hors", hash));
  EXPECT_FALSE(is_password("", hash));
  EXPECT_FALSE(is_password("correct horse", hash, "pepper"));
}

TEST(Password, EmptyAndBinaryPasswordsWork) {
  const std::string binary{"a\0b", 3};
  EXPECT_TRUE(is_password("", hash_password("", {}, kCheap)));
  EXPECT_TRUE(is_password(binary, hash_password(binary, {}, kCheap)));
  EXPECT_FALSE(is_password("a", hash_password(binary, {}, kCheap)));
}

TEST(Password, PepperIsPartOfTheHash) {
  const std::string hash = hash_password("p", "pepper", kCheap);
  EXPECT_TRUE(is_password("p", hash, "pepper"));
  EXPECT_FALSE(is_password("p", hash));
  EXPECT_FALSE(is_password("p", hash, "salt"));
}

TEST(Password, SaltDiffersEachTime) {
  EXPECT_NE(hash_password("p", {}, kCheap), hash_password("p", {}, kCheap));
}

TEST(Password, HasThePhcForm) {
  EXPECT_TRUE(hash_password("p", {}, kCheap).starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  EXPECT_TRUE(hash_password("p").starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST(Password, VerifiesWhatTheReferenceProgramMade) {
  // printf password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 -e, and test.c of the reference implementation.
  EXPECT_TRUE(is_password("password",
                          "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));
}

TEST(Password, RefusesWhatIsNoHashWithoutWork) {
  const char* const cases[] = {
      "",
      "x",
      "$argon2id$",
      "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=4294967295,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=1,p=16777215$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=1,p=1$c29t$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$",
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFh",
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$C!FhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc$",
  };
  for (const char* hash : cases) {
    EXPECT_FALSE(is_password("password", hash)) << hash;
    EXPECT_TRUE(needs_rehash(hash, kCheap)) << hash;
  }
}

TEST(Password, CheaperHashesWantRehashing) {
  const std::string hash = hash_password("p", {}, kCheap);
  EXPECT_FALSE(needs_rehash(hash, kCheap));
  EXPECT_FALSE(needs_rehash(hash, {.memory_kib = 32, .passes = 1, .lanes = 1}));
  EXPECT_TRUE(needs_rehash(hash, {.memory_kib = 128, .passes = 1, .lanes = 1}));
  EXPECT_TRUE(needs_rehash(hash, {.memory_kib = 64, .passes = 2, .lanes = 1}));
  EXPECT_TRUE(needs_rehash(hash));
}

}  // namespace
}  // namespace warder::crypto
