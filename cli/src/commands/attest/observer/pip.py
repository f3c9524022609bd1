import runpy
import sys

STARTS = ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn")


def refuse(event, _):
    if event in STARTS:
        # Those who only want to know more about the system live without.
        raise PermissionError("nothing is built: a dependency is not there as a wheel")


sys.addaudithook(refuse)
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
