package io.berth.daemon;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.berth.jobs.engine.Engine;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The boundaries of DESIGN section 6. */
class ArchitectureTest {

  private static final String POLICIES = "io.berth.policies..";
  private static final String JOBS = "io.berth.jobs..";
  private static final String DAEMON = "io.berth.daemon..";
  private static final String CONTAINER = "io.berth.jobs.container..";
  private static final String RULES = "io.berth.jobs.rules..";

  private static final Set<String> CLOCKS_AND_SLEEPS =
      Set.of(
          "java.lang.System.nanoTime",
          "java.lang.System.currentTimeMillis",
          "java.lang.Thread.sleep",
          "java.util.concurrent.TimeUnit.sleep",
          "java.util.concurrent.locks.LockSupport.parkNanos",
          "java.time.InstantSource.system",
          "java.time.Clock.system",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone");

  private static final JavaClasses BERTH =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.berth");

  @Test
  void all_three_modules_are_looked_at() {
    assertThat(List.of(POLICIES, JOBS, DAEMON))
        .allMatch(module -> BERTH.stream().anyMatch(resideInAPackage(module)));
  }

  @Test
  void modules_depend_one_way() {
    check(noClasses().that().resideInAPackage(POLICIES).should().dependOnClassesThat(in(JOBS)));
    check(noClasses().that().resideInAPackage(POLICIES).should().dependOnClassesThat(in(DAEMON)));
    check(noClasses().that().resideInAPackage(JOBS).should().dependOnClassesThat(in(DAEMON)));
  }

  /**
   * Inside jobs: the jobs themselves -> rules, activity, ledger, engine, gpu, host, notify ->
   * container.
   */
  @ParameterizedTest
  @CsvSource({"container", "rules", "activity", "ledger", "engine", "gpu", "host", "notify"})
  void the_parts_of_jobs_know_nothing_of_the_jobs_themselves(String part) {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.berth.jobs." + part + "..")
            .should()
            .dependOnClassesThat(in("io.berth.jobs")));
  }

  @ParameterizedTest
  @CsvSource({"activity", "ledger", "engine", "gpu", "host", "notify"})
  void containers_and_rules_know_nothing_of_the_parts_that_do_io(String part) {
    String io = "io.berth.jobs." + part + "..";
    check(noClasses().that().resideInAPackage(CONTAINER).should().dependOnClassesThat(in(io)));
    check(noClasses().that().resideInAPackage(RULES).should().dependOnClassesThat(in(io)));
    check(noClasses().that().resideInAPackage(io).should().dependOnClassesThat(rulesButIdleness()));
  }

  /** What activity says of a container is a word of the rules. */
  private static DescribedPredicate<JavaClass> rulesButIdleness() {
    return in(RULES).and(not(nameMatching("io\\.berth\\.jobs\\.rules\\.Idleness.*")));
  }

  @Test
  void packages_have_no_cycles() {
    check(slices().matching("io.berth.(**)").should().beFreeOfCycles());
  }

  @Test
  void containers_and_rules_are_pure() {
    DescribedPredicate<JavaClass> io =
        resideInAnyPackage("java.nio.file..", "java.net..", "java.sql..", "java.util.concurrent..")
            .or(nameMatching("java\\.io\\.(?!Serializable|IOException|UncheckedIOException).*"))
            .or(name("java.lang.ProcessBuilder"));
    check(
        noClasses()
            .that()
            .resideInAnyPackage(CONTAINER, RULES)
            .should()
            .dependOnClassesThat(io.and(not(resideInAPackage("io.berth..")))));
  }

  @ParameterizedTest
  @CsvSource({
    "com.github.dockerjava.., io.berth.jobs.engine..",
    "org.yaml.snakeyaml.., io.berth.policies..",
    "org.sqlite.., io.berth.jobs.ledger..",
    "io.micrometer.., io.berth.daemon.http..",
    "com.sun.net.httpserver.., io.berth.daemon.http..",
    "picocli.., io.berth.daemon.cli..",
    "org.eclipse.jetty.., io.berth.daemon.control..",
    "ch.qos.logback.., io.berth.daemon.process..",
  })
  void each_library_is_used_in_one_place(String library, String place) {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(place)
            .should()
            .dependOnClassesThat(resideInAPackage(library)));
  }

  /** What owners are told of, and how, depends on neither what is recorded nor what acts. */
  @ParameterizedTest
  @CsvSource({"activity", "ledger", "engine", "gpu"})
  void telling_owners_needs_containers_and_the_host_only(String part) {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.berth.jobs.notify..")
            .should()
            .dependOnClassesThat(in("io.berth.jobs." + part + "..")));
  }

  /** The exception may pass through whoever hands the ledger a transaction. */
  @Test
  void sql_is_spoken_in_the_ledger_only() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.berth.jobs.ledger..")
            .should()
            .dependOnClassesThat(in("java.sql..").and(not(name("java.sql.SQLException")))));
  }

  @Test
  void native_code_is_called_for_gpus_the_host_and_the_process_only() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("io.berth.jobs.gpu..", "io.berth.jobs.host..", DAEMON)
            .should()
            .dependOnClassesThat(in("com.sun.jna..")));
  }

  @Test
  void only_the_enforcer_s_deeds_and_the_freezer_touch_a_container() {
    DescribedPredicate<JavaAccess<?>> act =
        DescribedPredicate.describe(
            "an act on a container",
            access ->
                access.getTargetOwner().isAssignableTo(Engine.class)
                    && List.of("stop", "pause", "unpause", "remove").contains(access.getName()));
    check(
        noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.berth.jobs.Deeds")
            .and()
            .doNotHaveFullyQualifiedName("io.berth.jobs.Freezer")
            .and()
            .resideOutsideOfPackage("io.berth.jobs.engine..")
            .should()
            .accessTargetWhere(act));
  }

  @Test
  void no_clock_is_read_and_nobody_sleeps_outside_the_daemon() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(DAEMON)
            .should()
            .accessTargetWhere(
                DescribedPredicate.describe(
                    "a clock read or a sleep", ArchitectureTest::isClockOrSleep)));
  }

  private static boolean isClockOrSleep(JavaAccess<?> access) {
    String target = access.getTargetOwner().getFullName() + "." + access.getName();
    if (target.matches("java\\.time\\..*\\.now")) {
      return !parametersOf(access).contains("java.time.Clock");
    }
    if (target.equals("java.util.Date.<init>")) {
      return parametersOf(access).isEmpty();
    }
    return CLOCKS_AND_SLEEPS.contains(target);
  }

  private static List<String> parametersOf(JavaAccess<?> access) {
    return access.getTarget() instanceof AccessTarget.CodeUnitAccessTarget code
        ? code.getRawParameterTypes().stream().map(JavaClass::getFullName).toList()
        : List.of();
  }

  private static DescribedPredicate<JavaClass> in(String packages) {
    return resideInAPackage(packages);
  }

  /** A package that does not exist yet breaks no rule. */
  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(BERTH);
  }
}
