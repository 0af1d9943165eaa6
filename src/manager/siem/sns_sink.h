// Amazon SNS: events published to a topic, requests signed with Signature Version 4.
//
// A message counts as arrived when SNS has named its id. A FIFO topic keeps the order of a tenant's events, and drops
// what is repeated within five minutes; other topics do neither.
#pragma once

#include "manager/siem/sink.h"

namespace warder::manager {

struct SnsSettings {
  std::string topic_arn;
  std::string endpoint;
  bool allow_http = false;
  std::string ca_pem;
  std::string body = "list";
  std::int64_t max_events = 100;
  std::int64_t timeout_s = 20;

  static std::span<const Field<SnsSettings>> fields();
};

/// The secret: credentials in the form of the AWS command line's file, its section [default]. Without one, those of the
/// manager's environment: for tenants without bounds only (SinkOptions::may_reach).
Result<void> check_sns(const boost::json::object& settings, std::string_view secret);
Result<std::unique_ptr<Sink>> make_sns_sink(SinkOptions options);

}  // namespace warder::manager
