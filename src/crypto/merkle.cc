#include "crypto/merkle.h"

#include <bit>
#include <string>

namespace warder::crypto {
namespace {

/// Proofs go up and down the 64 levels of any tree that can be counted.
constexpr std::size_t kMaxProof = 128;

/// The first leaf of the right half of `count` leaves (at least 2): the largest power of two below.
std::uint64_t split_of(std::uint64_t count) {
  return std::bit_floor(count - 1);
}

/// The hash of leaves [begin, begin + count). `begin` is a multiple of the largest power of two in `count`, as it is
/// for every subtree that RFC 6962 speaks of.
Result<Digest> range_hash(std::uint64_t begin, std::uint64_t count, const MerkleReader& read) {
  if (std::has_single_bit(count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(count));
    return read({level, begin >> level});
  }
  const std::uint64_t left = split_of(count);
  const Digest low = WD_TRY(range_hash(begin, left, read));
  return merkle_node(low, WD_TRY(range_hash(begin + left, count - left, read)));
}

Result<void> append_consistency(std::vector<Digest>& proof, std::uint64_t from, std::uint64_t to,
                                const MerkleReader& read) {
  // RFC 6962 §2.1.2, SUBPROOF, as a loop from the root down; hashes are found in the opposite order.
  std::vector<Digest> downwards;
  std::uint64_t begin = 0;
  std::uint64_t count = to;
  std::uint64_t rest = from;
  bool is_known = true;  // the verifier has the hash of the subtree that is left at the end: it is the old tree
  while (rest != count) {
    const std::uint64_t left = split_of(count);
    if (rest <= left) {
      downwards.push_back(WD_TRY(range_hash(begin + left, count - left, read)));
      count = left;
    } else {
      downwards.push_back(WD_TRY(range_hash(begin, left, read)));
      begin += left;
      count -= left;
      rest -= left;
      is_known = false;
    }
  }
  if (!is_known) proof.push_back(WD_TRY(range_hash(begin, count, read)));
  proof.insert(proof.end(), downwards.rbegin(), downwards.rend());
  return {};
}

}  // namespace

Digest merkle_leaf(ByteView leaf) {
  constexpr std::uint8_t kPrefix = 0;
  Sha256 hash;
  hash.update({&kPrefix, 1});
  hash.update(leaf);
  return hash.finish();
}

Digest merkle_node(const Digest& left, const Digest& right) {
  std::array<std::uint8_t, 1 + 2 * std::tuple_size_v<Digest>> joined;
  joined[0] = 1;
  std::copy(left.begin(), left.end(), joined.begin() + 1);
  std::copy(right.begin(), right.end(), joined.begin() + 1 + left.size());
  return sha256(joined);
}

Result<MerkleEdge> MerkleEdge::restore(std::uint64_t size, std::vector<Digest> peaks) {
  if (peaks.size() != static_cast<std::size_t>(std::popcount(size)))
    return fail(ErrorCode::Corrupt, "a tree of " + std::to_string(size) + " leaves with another one's edge");
  MerkleEdge edge;
  edge.size_ = size;
  edge.peaks_ = std::move(peaks);
  return edge;
}

Digest MerkleEdge::root() const {
  if (peaks_.empty()) return sha256({});
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i > 0; --i) root = merkle_node(peaks_[i - 1], root);
  return root;
}

std::vector<MerkleEdge::Completed> MerkleEdge::append(const Digest& leaf_hash) {
  std::vector<Completed> completed{{{0, size_}, leaf_hash}};
  for (std::uint64_t left = size_; (left & 1U) != 0; left >>= 1U) {
    const auto [node, hash] = completed.back();
    completed.push_back({{node.level + 1, node.index >> 1U}, merkle_node(peaks_.back(), hash)});
    peaks_.pop_back();
  }
  peaks_.push_back(completed.back().hash);
  ++size_;
  return completed;
}

Result<Digest> merkle_root(std::uint64_t size, const MerkleReader& read) {
  if (size == 0) return sha256({});
  return range_hash(0, size, read);
}

Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size, const MerkleReader& read) {
  if (index >= size)
    return fail(ErrorCode::Invalid,
                "leaf " + std::to_string(index) + " is not among the first " + std::to_string(size));
  std::vector<Digest> downwards;  // from the root
  std::uint64_t begin = 0;
  for (std::uint64_t count = size; count > 1;) {
    const std::uint64_t left = split_of(count);
    const bool is_left = index - begin < left;
    downwards.push_back(WD_TRY(is_left ? range_hash(begin + left, count - left, read) : range_hash(begin, left, read)));
    if (!is_left) begin += left;
    count = is_left ? left : count - left;
  }
  return std::vector<Digest>{downwards.rbegin(), downwards.rend()};
}

Result<std::vector<Digest>> prove_consistency(std::uint64_t from, std::uint64_t to, const MerkleReader& read) {
  if (from > to)
    return fail(ErrorCode::Invalid, std::to_string(to) + " leaves do not begin with " + std::to_string(from));
  std::vector<Digest> proof;
  if (from > 0 && from < to) WD_TRY(append_consistency(proof, from, to, read));
  return proof;
}

bool is_included(std::uint64_t index, const Digest& leaf_hash, std::uint64_t size, const Digest& root,
                 std::span<const Digest> proof) {
  if (index >= size || proof.size() > kMaxProof) return false;
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Digest hash = leaf_hash;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    const bool is_right = (node & 1U) != 0 || node == last;
    hash = is_right ? merkle_node(sibling, hash) : merkle_node(hash, sibling);
    while (is_right && (node & 1U) == 0 && node != 0) {
      node >>= 1U;
      last >>= 1U;
    }
    node >>= 1U;
    last >>= 1U;
  }
  return last == 0 && hash == root;
}

bool is_consistent(const MerkleHead& from, const MerkleHead& to, std::span<const Digest> proof) {
  if (from.size > to.size || proof.size() > kMaxProof) return false;
  if (from.size == 0) return proof.empty() && from.root == sha256({});
  if (from.size == to.size) return proof.empty() && from.root == to.root;
  const bool is_whole = std::has_single_bit(from.size);  // then the old root itself is the first hash
  if (proof.empty() && !is_whole) return false;
  std::uint64_t node = from.size - 1;
  std::uint64_t last = to.size - 1;
  while ((node & 1U) != 0) {
    node >>= 1U;
    last >>= 1U;
  }
  Digest old_root = is_whole ? from.root : proof.front();
  Digest new_root = old_root;
  for (const Digest& hash : is_whole ? proof : proof.subspan(1)) {
    if (last == 0) return false;
    if ((node & 1U) != 0 || node == last) {
      old_root = merkle_node(hash, old_root);
      new_root = merkle_node(hash, new_root);
      while ((node & 1U) == 0 && node != 0) {
        node >>= 1U;
        last >>= 1U;
      }
    } else {
      new_root = merkle_node(new_root, hash);
    }
    node >>= 1U;
    last >>= 1U;
  }
  return last == 0 && old_root == from.root && new_root == to.root;
}

}  // namespace warder::crypto
