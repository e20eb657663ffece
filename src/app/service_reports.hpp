// Owns what an elector without a guardian tells the service manager by itself, and when.
// Must never exist beside a guardian, which is the main process then. Thread rule: the io_context's
// thread.
#pragma once

#include <string_view>

#include "app/boot_clock.hpp"
#include "guardian/service_manager.hpp"

namespace elector::app {

class ServiceReports {
  public:
    ServiceReports(boost::asio::io_context& io, const Clock& clock);

    void ready();
    void reloading();
    void stopping(model::Duration takes);
    void status(std::string_view line);
    void close() { timer_.close(); }

  private:
    void look();

    const Clock& clock_;
    guardian::ServiceManager manager_;
    BootTimer timer_;
};

}  // namespace elector::app
