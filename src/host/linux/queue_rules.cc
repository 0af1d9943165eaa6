#include "host/linux/queue_rules.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>

#include "host/linux/netlink.h"
#include "model/kernel_names.h"

namespace warder::host {
namespace {

using namespace kernel;

constexpr std::size_t kMessageRoom = 4096;

std::size_t aligned(std::size_t length) noexcept {
  return (length + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;
}

/// A transaction: all of it, or nothing.
class Batch {
 public:
  Batch() { edge(NFNL_MSG_BATCH_BEGIN); }

  nlmsghdr* begin(std::uint16_t type, std::uint8_t family, std::uint16_t flags) {
    bytes_.resize(used_ + kMessageRoom);
    nlmsghdr* const header = ::mnl_nlmsg_put_header(&bytes_[used_]);
    header->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    header->nlmsg_seq = ++sequence_;
    auto* const generic = static_cast<nfgenmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
    generic->nfgen_family = family;
    generic->version = NFNETLINK_V0;
    ::mnl_attr_put_strz(header, NFTA_TABLE_NAME, kQueueTable.data());
    return header;
  }
  void end(const nlmsghdr* header) {
    used_ += aligned(header->nlmsg_len);
    ++messages_;
  }
  Result<void> commit(const NetlinkSocket& socket, std::string_view what) {
    edge(NFNL_MSG_BATCH_END);
    return socket.request(ByteView(bytes_).first(used_), messages_, what);
  }

 private:
  void edge(std::uint16_t type) {
    bytes_.resize(used_ + kMessageRoom);
    nlmsghdr* const header = ::mnl_nlmsg_put_header(&bytes_[used_]);
    header->nlmsg_type = type;
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = ++sequence_;
    auto* const generic = static_cast<nfgenmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
    generic->nfgen_family = AF_UNSPEC;
    generic->version = NFNETLINK_V0;
    generic->res_id = htons(NFNL_SUBSYS_NFTABLES);
    used_ += aligned(header->nlmsg_len);
  }

  Bytes bytes_;
  std::size_t used_ = 0;
  std::uint32_t sequence_ = 0;
  unsigned messages_ = 0;
};

/// A rule, expression by expression; register 1 holds the value.
class Rule {
 public:
  Rule(Batch& batch, std::uint8_t family, std::string_view chain) : batch_(batch) {
    header_ = batch.begin(NFT_MSG_NEWRULE, family, NLM_F_CREATE | NLM_F_APPEND);
    ::mnl_attr_put_strz(header_, NFTA_RULE_CHAIN, chain.data());
    list_ = ::mnl_attr_nest_start(header_, NFTA_RULE_EXPRESSIONS);
  }
  void end() {
    ::mnl_attr_nest_end(header_, list_);
    batch_.end(header_);
  }
  Rule& load_meta(std::uint32_t key) { return simple("meta", NFTA_META_DREG, NFTA_META_KEY, key); }
  Rule& load_ct_mark() { return simple("ct", NFTA_CT_DREG, NFTA_CT_KEY, NFT_CT_MARK); }
  Rule& store_ct_mark() { return simple("ct", NFTA_CT_SREG, NFTA_CT_KEY, NFT_CT_MARK); }

  template <class Integer>
  Rule& masked(Integer mask, Integer flip = 0) {
    open("bitwise");
    ::mnl_attr_put_u32(header_, NFTA_BITWISE_SREG, htonl(NFT_REG_1));
    ::mnl_attr_put_u32(header_, NFTA_BITWISE_DREG, htonl(NFT_REG_1));
    ::mnl_attr_put_u32(header_, NFTA_BITWISE_LEN, htonl(sizeof mask));
    put_value(NFTA_BITWISE_MASK, &mask, sizeof mask);
    put_value(NFTA_BITWISE_XOR, &flip, sizeof flip);
    return close();
  }
  template <class Integer>
  Rule& equals(Integer value) {
    open("cmp");
    ::mnl_attr_put_u32(header_, NFTA_CMP_SREG, htonl(NFT_REG_1));
    ::mnl_attr_put_u32(header_, NFTA_CMP_OP, htonl(NFT_CMP_EQ));
    put_value(NFTA_CMP_DATA, &value, sizeof value);
    return close();
  }
  Rule& verdict(std::uint32_t code) {
    open("immediate");
    ::mnl_attr_put_u32(header_, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
    nlattr* const data = ::mnl_attr_nest_start(header_, NFTA_IMMEDIATE_DATA);
    nlattr* const nest = ::mnl_attr_nest_start(header_, NFTA_DATA_VERDICT);
    ::mnl_attr_put_u32(header_, NFTA_VERDICT_CODE, htonl(code));
    ::mnl_attr_nest_end(header_, nest);
    ::mnl_attr_nest_end(header_, data);
    return close();
  }
  Rule& load_tcp_flags() {
    open("payload");
    ::mnl_attr_put_u32(header_, NFTA_PAYLOAD_DREG, htonl(NFT_REG_1));
    ::mnl_attr_put_u32(header_, NFTA_PAYLOAD_BASE, htonl(NFT_PAYLOAD_TRANSPORT_HEADER));
    ::mnl_attr_put_u32(header_, NFTA_PAYLOAD_OFFSET, htonl(13));
    ::mnl_attr_put_u32(header_, NFTA_PAYLOAD_LEN, htonl(1));
    return close();
  }
  Rule& reset() {
    open("reject");
    ::mnl_attr_put_u32(header_, NFTA_REJECT_TYPE, htonl(NFT_REJECT_TCP_RST));
    return close();
  }
  Rule& queue(const QueueRulesOptions& options, bool has_statement) {
    if (has_statement) {
      open("queue");
      ::mnl_attr_put_u16(header_, NFTA_QUEUE_NUM, htons(options.first_queue));
      ::mnl_attr_put_u16(header_, NFTA_QUEUE_TOTAL, htons(options.queues));
      ::mnl_attr_put_u16(header_, NFTA_QUEUE_FLAGS, htons(options.fails_open ? NFT_QUEUE_FLAG_BYPASS : 0));
      return close();
    }
    open("target");
    ::mnl_attr_put_strz(header_, NFTA_TARGET_NAME, "NFQUEUE");
    ::mnl_attr_put_u32(header_, NFTA_TARGET_REV, htonl(3));
    xt_NFQ_info_v3 info{};
    info.queuenum = options.first_queue;
    info.queues_total = options.queues;
    info.flags = options.fails_open ? NFQ_FLAG_BYPASS : 0;
    std::array<char, 8> padded{};  // as x_tables aligns it
    std::copy_n(reinterpret_cast<const char*>(&info), sizeof info, padded.begin());
    ::mnl_attr_put(header_, NFTA_TARGET_INFO, padded.size(), padded.data());
    return close();
  }

 private:
  void open(const char* name) {
    element_ = ::mnl_attr_nest_start(header_, NFTA_LIST_ELEM);
    ::mnl_attr_put_strz(header_, NFTA_EXPR_NAME, name);
    data_ = ::mnl_attr_nest_start(header_, NFTA_EXPR_DATA);
  }
  Rule& close() {
    ::mnl_attr_nest_end(header_, data_);
    ::mnl_attr_nest_end(header_, element_);
    return *this;
  }
  Rule& simple(const char* name, std::uint16_t reg, std::uint16_t key, std::uint32_t value) {
    open(name);
    ::mnl_attr_put_u32(header_, reg, htonl(NFT_REG_1));
    ::mnl_attr_put_u32(header_, key, htonl(value));
    return close();
  }
  void put_value(std::uint16_t type, const void* value, std::size_t size) {
    nlattr* const nest = ::mnl_attr_nest_start(header_, type);
    ::mnl_attr_put(header_, NFTA_DATA_VALUE, size, value);
    ::mnl_attr_nest_end(header_, nest);
  }

  Batch& batch_;
  nlmsghdr* header_ = nullptr;
  nlattr* list_ = nullptr;
  nlattr* element_ = nullptr;
  nlattr* data_ = nullptr;
};

/// Drops; of TCP, with a reset to the sender.
void add_refusal(Batch& batch, std::uint8_t family, std::string_view chain, bool is_saved) {
  for (const bool is_tcp : {true, false}) {
    Rule rule(batch, family, chain);
    if (is_saved) {
      rule.load_ct_mark();
    } else {
      rule.load_meta(NFT_META_MARK);
    }
    rule.masked(kMarkMask).equals(kMarkCondemned);
    if (is_tcp) {
      rule.load_meta(NFT_META_L4PROTO).equals(std::uint8_t{IPPROTO_TCP}).reset();
    } else {
      rule.verdict(NF_DROP);
    }
    rule.end();
  }
}

void add_table(Batch& batch, std::uint8_t family, std::uint32_t flags) {
  nlmsghdr* const header = batch.begin(NFT_MSG_NEWTABLE, family, NLM_F_CREATE);
  if (flags != 0) ::mnl_attr_put_u32(header, NFTA_TABLE_FLAGS, htonl(flags));
  batch.end(header);
}

void delete_table(Batch& batch, std::uint8_t family) {
  batch.end(batch.begin(NFT_MSG_DELTABLE, family, 0));
}

void add_chain(Batch& batch, std::uint8_t family, std::string_view name, std::uint32_t hook, int priority) {
  nlmsghdr* const header = batch.begin(NFT_MSG_NEWCHAIN, family, NLM_F_CREATE);
  ::mnl_attr_put_strz(header, NFTA_CHAIN_NAME, name.data());
  nlattr* const nest = ::mnl_attr_nest_start(header, NFTA_CHAIN_HOOK);
  ::mnl_attr_put_u32(header, NFTA_HOOK_HOOKNUM, htonl(hook));
  ::mnl_attr_put_u32(header, NFTA_HOOK_PRIORITY, htonl(static_cast<std::uint32_t>(priority)));
  ::mnl_attr_nest_end(header, nest);
  ::mnl_attr_put_u32(header, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
  ::mnl_attr_put_strz(header, NFTA_CHAIN_TYPE, "filter");
  batch.end(header);
}

struct Hook {
  std::string_view queue_chain;
  std::string_view save_chain;
  std::uint32_t number;
  std::uint32_t interface_type;  // NFT_META_…
};

void add_hook(Batch& batch, std::uint8_t family, const Hook& hook, const QueueRulesOptions& options,
              bool has_statement) {
  add_chain(batch, family, hook.queue_chain, hook.number, kQueuePriority);
  const auto rule = [&] { return Rule(batch, family, hook.queue_chain); };
  // The kernel's own resets go out through these hooks, and one of the peer's ends the connection just as well.
  constexpr std::uint8_t kReset = 0x04;
  rule()
      .load_ct_mark()
      .masked(kMarkMask)
      .equals(kMarkCondemned)
      .load_meta(NFT_META_L4PROTO)
      .equals(std::uint8_t{IPPROTO_TCP})
      .load_tcp_flags()
      .masked(kReset)
      .equals(kReset)
      .verdict(NF_ACCEPT)
      .end();
  add_refusal(batch, family, hook.queue_chain, true);
  rule().load_ct_mark().masked(kMarkMask).equals(kMarkInspectedEnough).verdict(NF_ACCEPT).end();
  rule().load_meta(NFT_META_MARK).masked(kMarkBypass).equals(kMarkBypass).verdict(NF_ACCEPT).end();
  if (!options.inspects_loopback) {
    rule().load_meta(hook.interface_type).equals(std::uint16_t{ARPHRD_LOOPBACK}).verdict(NF_ACCEPT).end();
  }
  rule().queue(options, has_statement).end();
  add_chain(batch, family, hook.save_chain, hook.number, kQueuePriority + 1);
  for (const std::uint32_t mark : {kMarkInspectedEnough, kMarkCondemned}) {
    Rule(batch, family, hook.save_chain)
        .load_meta(NFT_META_MARK)
        .masked(kMarkMask)
        .equals(mark)
        .load_ct_mark()
        .masked(~kMarkMask, mark)
        .store_ct_mark()
        .end();
  }
  // The packet that condemns its flow goes no further; the others end in the chain before.
  add_refusal(batch, family, hook.save_chain, false);
}

Batch make_batch(const QueueRulesOptions& options, bool has_statement) {
  constexpr Hook kIn{"input", "input_save", NF_INET_LOCAL_IN, NFT_META_IIFTYPE};
  constexpr Hook kOut{"output", "output_save", NF_INET_LOCAL_OUT, NFT_META_OIFTYPE};
  constexpr Hook kForward{"forward", "forward_save", NF_INET_FORWARD, NFT_META_IIFTYPE};
  Batch batch;
  for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6}) {
    add_table(batch, family, options.fails_open ? NFT_TABLE_F_OWNER : 0);
    if (options.inspects_input) add_hook(batch, family, kIn, options, has_statement);
    if (options.inspects_output) add_hook(batch, family, kOut, options, has_statement);
    if (options.inspects_forwarded) add_hook(batch, family, kForward, options, has_statement);
  }
  return batch;
}

class InstalledRules final : public QueueRules {
 public:
  InstalledRules(NetlinkSocket socket, bool has_statement)
      : socket_(std::move(socket)), has_statement_(has_statement) {}
  InstalledRules(const InstalledRules&) = delete;
  InstalledRules& operator=(const InstalledRules&) = delete;
  ~InstalledRules() override {
    Batch batch;
    for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6}) delete_table(batch, family);
    // A failure leaves what the next start, or the end of this process, removes.
    [[maybe_unused]] const auto removed = batch.commit(socket_, "packet queue: rules");
  }
  [[nodiscard]] std::string_view mechanism() const noexcept override { return has_statement_ ? "queue" : "NFQUEUE"; }

 private:
  NetlinkSocket socket_;  // the owner of the tables
  bool has_statement_;
};

}  // namespace

Result<void> QueueRules::remove_leftovers() {
  const NetlinkSocket socket = WD_TRY(NetlinkSocket::open());
  for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6}) {
    Batch batch;
    delete_table(batch, family);
    const auto removed = batch.commit(socket, "packet queue: rules of before");
    if (!removed && removed.error().code != ErrorCode::NotFound) return fail(removed.error());
  }
  return {};
}

Result<std::unique_ptr<QueueRules>> QueueRules::install(const QueueRulesOptions& options) {
  WD_TRY(remove_leftovers());
  NetlinkSocket socket = WD_TRY(NetlinkSocket::open());
  for (const bool has_statement : {true, false}) {
    Batch batch = make_batch(options, has_statement);
    const auto done = batch.commit(socket, "packet queue: rules");
    if (done) return std::unique_ptr<QueueRules>(std::make_unique<InstalledRules>(std::move(socket), has_statement));
    if (!has_statement) return fail(done.error());
    // Answers of the refused transaction may still come; the next one begins on a fresh socket.
    socket = WD_TRY(NetlinkSocket::open());
  }
  return fail(ErrorCode::Internal, "packet queue: rules");
}

}  // namespace warder::host
