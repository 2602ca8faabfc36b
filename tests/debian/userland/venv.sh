# SPDX-License-Identifier: GPL-2.0-only
# timeout: 500
# long
# python3 -m venv with pip, without a network: packages that are made here.
set -u
export LC_ALL=C.UTF-8 HOME=/tmp/work PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INDEX=1 PIP_ROOT_USER_ACTION=ignore
python3 -m venv v; echo "venv $?"; . v/bin/activate; python -c 'import sys; print(sys.prefix, sys.prefix != sys.base_prefix)'; pip --version | cut -d' ' -f1
cat >make.py <<'P'
# The wheel and the source of a package whose program says its version.
import os, sys, zipfile
version = sys.argv[1]
about = f"demo_pkg-{version}.dist-info"
files = {
    "demo_pkg/__init__.py": f"import pathlib\ndef main():\n    print('demo {version}', pathlib.Path(__file__).with_name('data.txt').read_text())\n",
    "demo_pkg/data.txt": f"data of {version}",
    f"{about}/METADATA": f"Metadata-Version: 2.1\nName: demo-pkg\nVersion: {version}\n",
    f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: make.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{about}/entry_points.txt": "[console_scripts]\ndemo = demo_pkg:main\n",
}
os.makedirs("wheels", exist_ok=True)
with zipfile.ZipFile(f"wheels/demo_pkg-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
    wheel.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"]))
os.makedirs(f"s{version}/demo_pkg")
for name in [name for name in files if name.startswith("demo_pkg/")]:
    open(f"s{version}/{name}", "w").write(files[name])
open(f"s{version}/setup.py", "w").write("from setuptools import setup\nsetup(name='demo-pkg', version='%s', packages=['demo_pkg'], "
                                        "entry_points={'console_scripts': ['demo=demo_pkg:main']})\n" % version)
P
python make.py 1.0; python make.py 2.0; ls wheels
pip install -q --find-links wheels demo-pkg==1.0; echo "install $?"; demo; pip install -q --find-links wheels -U demo-pkg; demo
pip show -f demo-pkg | grep -vE '^(Location|License|Author|Home|Summary)'; pip freeze; pip uninstall -q -y demo-pkg; demo 2>&1 || echo "status $?"
pip install -q --no-build-isolation -e ./s1.0; demo; python -c 'import demo_pkg; print(demo_pkg.__file__)'; pip install -q nothing-there 2>&1 | tail -n 1
pip install -q --find-links wheels --target t demo-pkg; PYTHONPATH=t python -c 'import demo_pkg; demo_pkg.main()'; deactivate
python3 -m venv --without-pip --copies w; w/bin/python -c 'import sys; print(sys.executable)'; test ! -L w/bin/python3 && echo copied
python3 -m pip install x 2>&1 | head -n 1
exit 0
