"""An etcd with TLS, client certificates, users: hand-over as ever; renewed secrets move nothing."""
import os
import signal
import time
import unittest

from case import IntegrationCase, takes
from secured import Authority, Secured, read, write
from world import PATIENCE


class SecuredCase(IntegrationCase):
    def secured_world(self, secured, **options):
        return self.world(secured=secured, **{"members": 2, **options})

    def say(self, member, event, since, seconds=15):
        """The events of this name, once there is one."""
        return member.world.wait_for(lambda: member.find(event, since), seconds,
                                     f"{event} of {member.name}")

    def assert_hands_over(self, secured):
        with self.secured_world(secured, members=3) as world:
            old = world.start()
            since = time.time()
            old.process.terminate()
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            new = world.wait_for_leader(10, other_than=old)
            decided = old.find("role_change", since, to="draining")[0]["at"]
            drained = old.find("marker_written", decided)[0]["at"]
            self.figure("drained", drained - decided)
            self.figure("next_active", new.find("active", decided)[-1]["at"] - decided)
            self.assertEqual([c for c in world.role_changes(since) if c[2] == "leader"],
                             [(new.name, "candidate", "leader", "claimed")])

    def assert_nothing_moves(self, world, leader, holder, change, event, seconds=6):
        """`change` leads to `event` of both members, without any change of role or record."""
        with self.nobody_moves(world, leader, seconds) as since:
            change()
            for member in world.members:
                self.say(member, event, since)
        if not world.role_changes(since):
            self.assertEqual(world.holder().mod, holder.mod)
        return since


class HandOver(SecuredCase):
    @takes(25)
    def test_a_hand_over_goes_through_tls(self):
        self.assert_hands_over(Secured())

    @takes(25)
    def test_a_hand_over_goes_through_tls_with_client_certificates(self):
        self.assert_hands_over(Secured(mutual=True))

    @takes(25)
    def test_a_hand_over_goes_through_tls_with_users_that_have_the_documented_rights(self):
        self.assert_hands_over(Secured(auth=True))

    @takes(25, "long")
    def test_a_hand_over_goes_through_with_users_alone(self):
        self.assert_hands_over(Secured(tls=False, auth=True))


class Renewal(SecuredCase):
    @takes(40)
    def test_renewed_certificates_are_taken_from_changed_files_without_a_change_of_role(self):
        secured = Secured(mutual=True)
        with self.secured_world(secured) as world:
            leader = world.start()
            holder = world.holder()
            self.assert_nothing_moves(
                world, leader, holder,
                lambda: secured.write_pair("elector", *secured.authority.issue("elector")),
                "etcd_access_changed")
            since = self.assert_nothing_moves(
                world, leader, holder,
                lambda: secured.write_pair("elector", *secured.authority.issue("elector-2")),
                "etcd_access_changed")
            self.figure("taken", leader.find("etcd_access_changed", since)[0]["at"] - since)

    @takes(30)
    def test_renewed_certificates_are_taken_on_sighup_at_once(self):
        secured = Secured(mutual=True)
        with self.secured_world(secured) as world:
            leader = world.start()

            def renew():
                secured.write_pair("elector", *secured.authority.issue("elector"))
                for member in world.members:
                    member.process.signal(signal.SIGHUP)
            self.assert_nothing_moves(world, leader, world.holder(), renew, "etcd_access_changed")

    @takes(40)
    def test_a_certificate_that_expires_soon_is_told_of(self):
        secured = Secured(mutual=True)
        with self.secured_world(secured) as world:
            leader = world.start()
            since = self.assert_nothing_moves(
                world, leader, world.holder(),
                lambda: secured.write_pair("elector", *secured.authority.issue("elector", days=9)),
                "etcd_certificate_expires")
            told = leader.find("etcd_certificate_expires", since)
            self.assertEqual(len(told), 1)
            self.assertIn("etcd.cert_file", told[0]["error"])
            self.assertIn("holds a certificate that expires at", told[0]["error"])

    @takes(40, "long")
    def test_a_folder_that_is_exchanged_by_its_link_counts_as_changed_files(self):
        secured = Secured(mutual=True)
        with self.secured_world(secured) as world:
            versions = [secured.path(name) for name in ("v1", "v2")]
            for folder in versions:
                os.mkdir(folder, 0o700)
                certificate, key = secured.authority.issue("elector")
                write(os.path.join(folder, "tls.pem"), certificate)
                write(os.path.join(folder, "tls.key"), key)
            link = secured.path("data")
            os.symlink(versions[0], link)
            for member in world.members:
                member.settings["etcd"]["cert_file"] = os.path.join(link, "tls.pem")
                member.settings["etcd"]["key_file"] = os.path.join(link, "tls.key")
            leader = world.start()

            def exchange():
                os.symlink(versions[1], link + ".new")
                os.rename(link + ".new", link)
            self.assert_nothing_moves(world, leader, world.holder(), exchange,
                                      "etcd_access_changed")

    @takes(50)
    def test_a_key_that_does_not_fit_is_waited_for_and_complained_about(self):
        secured = Secured(mutual=True)
        with self.secured_world(secured) as world:
            leader = world.start()
            holder = world.holder()
            certificate, key = secured.authority.issue("elector")
            since = self.assert_nothing_moves(
                world, leader, holder, lambda: write(secured.path("elector.key"), key),
                "etcd_files_unusable")
            said = leader.find("etcd_files_unusable", since)[0]["error"]
            self.assertIn("etcd.key_file", said)
            self.assertIn("does not belong to the certificate", said)
            self.assertEqual(leader.find("etcd_access_changed", since), [])
            self.assert_nothing_moves(
                world, leader, holder,
                lambda: write(secured.path("elector.pem"), certificate), "etcd_access_changed")

    @takes(40)
    def test_certificates_that_etcd_refuses_leave_the_old_connections_in_use(self):
        secured = Secured(mutual=True)
        with self.secured_world(secured) as world:
            leader = world.start()
            holder = world.holder()
            stranger = Authority(world.folder, "stranger")
            old = read(secured.path("elector.pem")), read(secured.path("elector.key"))
            since = self.assert_nothing_moves(
                world, leader, holder,
                lambda: secured.write_pair("elector", *stranger.issue("elector")),
                "etcd_access_refused", seconds=10)
            self.assertEqual(leader.find("etcd_access_changed", since), [])
            self.note("refused", leader.find("etcd_access_refused", since)[0]["error"])
            self.assert_nothing_moves(world, leader, holder,
                                      lambda: secured.write_pair("elector", *old),
                                      "etcd_access_changed")

    @takes(30, "long")
    def test_files_that_cannot_serve_refuse_the_start_and_the_reload(self):
        secured = Secured(mutual=True)
        with self.secured_world(secured, members=1) as world:
            leader = world.start()
            os.chmod(secured.path("elector.key"), 0o644)
            with self.nobody_moves(world, leader, 5) as since:
                leader.process.signal(signal.SIGHUP)
                refused = self.say(leader, "reload_refused", since)
            self.assertRegex(refused[0]["problem"], r"etcd\.key_file = .* is readable by everybody")
            os.chmod(secured.path("elector.key"), 0o600)


class Users(SecuredCase):
    def assert_no_log_in_refused(self, world, since):
        """None but for an etcd that did not answer."""
        failed = [e["error"] for m in world.members for e in m.find("etcd_login_failed", since)]
        self.assertEqual([e for e in failed if not ("timeout" in e or "unavailable" in e)], [])

    @takes(40)
    def test_a_changed_password_moves_nothing(self):
        secured = Secured(auth=True)
        with self.secured_world(secured) as world:
            leader = world.start()
            holder = world.holder()
            with self.nobody_moves(world, leader, 8) as since:
                secured.write_password("second-password")
                secured.change_password(world.etcd, "second-password")
            self.assert_no_log_in_refused(world, since)
            if not world.role_changes(since):
                self.assertEqual(world.holder().mod, holder.mod)

    @takes(40)
    def test_a_wrong_password_is_told_and_ends_the_holding_by_its_time(self):
        secured = Secured(auth=True)
        with self.secured_world(secured) as world:
            leader = world.start()
            since = time.time()
            secured.change_password(world.etcd, "unknown-to-the-electors")
            failed = self.say(leader, "etcd_login_failed", since)
            self.assertIn("wrong_password", failed[0]["error"])
            world.wait_for(lambda: leader.find("role_change", since, to="draining"), 12,
                           "end of the holding")
            self.assertLess(len(leader.find("etcd_login_failed", since)), 3)
            secured.write_password("unknown-to-the-electors")
            world.wait_for_leader(40)
            for member in world.members:
                self.assertNotIn("unknown-to-the-electors", read(member.log))

    @takes(40)
    def test_an_etcd_that_is_restarted_forgets_its_tokens_and_nobody_moves(self):
        secured = Secured(auth=True)
        with self.secured_world(secured, etcd=3, profile="wan") as world:
            leader = world.start()
            world.wait_for(lambda: len(world.queue()) == 2, 8, "two candidates")
            with self.nobody_moves(world, leader, 8) as since:
                for index in range(3):
                    world.etcd.stop(index)
                    world.etcd.restart(index)
                    world.wait_for(world.etcd.all_answer, 20, "three etcd members")
            self.assert_no_log_in_refused(world, since)

    @takes(40)
    def test_tokens_that_expire_move_nothing(self):
        secured = Secured(auth=True, token_seconds=3)
        with self.secured_world(secured) as world:
            leader = world.start()
            holder = world.holder()
            with self.nobody_moves(world, leader, 15) as since:
                pass
            self.assert_no_log_in_refused(world, since)
            if not world.role_changes(since):
                self.assertEqual(world.holder().mod, holder.mod)


class Rights(SecuredCase):
    def assert_needed(self, command):
        """Without this one command nobody leads, and all say why; with it one does."""
        secured = Secured(tls=False, auth=True)
        secured.left_out = command
        with self.secured_world(secured) as world:
            self.assertIn(command, secured.documented_commands())
            world.start_members()
            for member in world.members:
                refused = self.say(member, "etcd_refused", 0)
                self.assertIn("permission denied", refused[0]["error"])
                self.assertIn("docs/configuration.md", refused[0]["next"])
            world.stay(4, "nobody leads", lambda: not world.nodes.active())
            self.assertEqual(len(world.members[0].find("etcd_refused")), 1)
            self.assertNotIn("permission denied", str(world.members[0].find("etcd_failing")))
            secured.etcdctl(world.etcd.members[0].test_endpoint, command)
            world.bootstrap()
            world.wait_for_signature(world.wait_for_leader(20))

    @takes(35)
    def test_without_the_right_to_read_nobody_leads(self):
        self.assert_needed("etcdctl role grant-permission iotex-elector read /iotex-server.d/ "
                           "/iotex-server0")

    @takes(35)
    def test_without_the_right_to_write_records_nobody_leads(self):
        self.assert_needed("etcdctl role grant-permission iotex-elector write --prefix=true "
                           "/iotex-server.d/")

    @takes(35)
    def test_without_the_right_to_write_candidacies_nobody_leads(self):
        self.assert_needed("etcdctl role grant-permission iotex-elector write --prefix=true "
                           "/iotex-server/")


if __name__ == "__main__":
    unittest.main()
