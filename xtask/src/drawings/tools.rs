//! Long-handled tools, a basket and twine. Hand tools stand in `hand_tools`.

use super::{
    colour::*,
    geometry::{Path, polar},
    produce::{carrot, cherry},
    scene::{FLOOR, MIDDLE, bed, clods, ledge},
    svg::Drawing,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    match slug {
        "leaf-rake" => {
            ledge(d, BLUSHED, 96.0);
            rake(d);
        }
        "garden-spade" => {
            bed(d, SKY);
            spade(d);
        }
        "dutch-hoe" => {
            ledge(d, MIST, 62.0);
            hoe(d);
        }
        "garden-trug" => {
            ledge(d, SKY, 120.0);
            trug(d);
        }
        "garden-twine" => {
            ledge(d, BLUSHED, 76.0);
            twine(d);
        }
        _ => return false,
    }
    true
}

/// A long ash shaft between two heights.
fn shaft(d: &mut Drawing, top: f64, foot: f64) {
    d.tube(&Path::through(&[(MIDDLE, top), (MIDDLE, foot)]), WOOD, 11.0);
    d.line(
        &Path::through(&[(203.0, top + 2.0), (203.0, foot)]),
        WOOD.shade(),
        4.0,
    );
    d.line(
        &Path::through(&[(197.0, top + 4.0), (197.0, foot - 6.0)]),
        WOOD.light(),
        2.0,
    );
}

fn spade(d: &mut Drawing) {
    shaft(d, 76.0, 210.0);
    let grip = Path::from((MIDDLE, 84.0))
        .cubic((174.0, 78.0), (168.0, 52.0), (172.0, 34.0))
        .line((228.0, 34.0))
        .cubic((232.0, 52.0), (226.0, 78.0), (MIDDLE, 84.0));
    d.tube(&grip.close(), WOOD, 9.0);
    d.tube(&Path::through(&[(170.0, 34.0), (230.0, 34.0)]), BARK, 12.0);
    let socket = Path::from((190.0, 148.0))
        .line((210.0, 148.0))
        .line((214.0, 216.0))
        .line((186.0, 216.0))
        .close();
    d.shape(&socket, STEEL);
    d.specks(&[(MIDDLE, 162.0), (MIDDLE, 184.0)], SLATE, 5.0);
    // The foot of the blade is in the ground.
    let blade = Path::from((146.0, 208.0))
        .quad((MIDDLE, 216.0), (254.0, 208.0))
        .cubic((254.0, 260.0), (250.0, 300.0), (244.0, 338.0))
        .quad((MIDDLE, 350.0), (156.0, 338.0))
        .cubic((150.0, 300.0), (146.0, 260.0), (146.0, 208.0))
        .close();
    d.shape(&blade, STEEL);
    let far = Path::from((218.0, 214.0))
        .quad((238.0, 212.0), (253.0, 209.0))
        .cubic((253.0, 260.0), (249.0, 300.0), (243.0, 337.0))
        .line((212.0, 342.0))
        .close();
    d.flat(&far, STEEL.shade());
    d.line(
        &Path::through(&[(162.0, 228.0), (168.0, 318.0)]),
        WHITE,
        6.0,
    );
    d.line(
        &Path::from((MIDDLE, 216.0)).line((MIDDLE, 276.0)),
        SLATE,
        2.4,
    );
    for x in [140.0, 212.0] {
        d.shape(&Path::block((x, 202.0), (48.0, 11.0), 4.0), STEEL.light());
    }
    clods(d, 84.0);
}

fn rake(d: &mut Drawing) {
    shaft(d, 14.0, 196.0);
    let mut tines = Path::default();
    for index in -5_i32..=5 {
        let turn = f64::from(index) * 9.4;
        let end = polar((MIDDLE, 186.0), 180.0 - turn, 148.0);
        let hook = (end.0 + turn * 0.06, end.1 + 12.0);
        tines = tines.and(&Path::from((MIDDLE + turn * 0.12, 196.0)).line(end).quad(
            (hook.0 + turn * 0.1, hook.1 - 4.0),
            (hook.0 - turn * 0.02, hook.1),
        ));
    }
    d.tube(&tines, DEEP.mix(TEAL, 0.4), 5.0);
    for (far, turn) in [(66.0, 50.0), (112.0, 49.0)] {
        let at = |turn: f64, far: f64| polar((MIDDLE, 186.0), 180.0 - turn, far);
        let brace = Path::from(at(-turn, far)).quad(at(0.0, far * 1.36), at(turn, far));
        d.tube(&brace, STEEL, 4.6);
    }
    let socket = Path::from((190.0, 168.0))
        .line((210.0, 168.0))
        .line((216.0, 212.0))
        .line((184.0, 212.0))
        .close();
    d.shape(&socket, DEEP.mix(TEAL, 0.4));
    for (x, y, turn, tone) in [
        (70.0, 358.0, 60.0, ORANGE),
        (318.0, 362.0, -50.0, CORAL),
        (346.0, 346.0, 20.0, GOLD),
        (102.0, 370.0, -70.0, MUSTARD),
    ] {
        super::leaves::Leaf::new(34.0, 20.0, tone).draw(d, (x, y), turn);
    }
}

fn hoe(d: &mut Drawing) {
    shaft(d, 14.0, 224.0);
    let socket = Path::from((191.0, 200.0))
        .line((209.0, 200.0))
        .line((206.0, 244.0))
        .line((194.0, 244.0))
        .close();
    d.shape(&socket, SLATE);
    let frame = Path::from((MIDDLE, 242.0))
        .cubic((150.0, 256.0), (136.0, 296.0), (140.0, 332.0))
        .and(&Path::from((MIDDLE, 242.0)).cubic((250.0, 256.0), (264.0, 296.0), (260.0, 332.0)));
    d.tube(&frame, SLATE, 10.0);
    let blade = Path::from((128.0, 318.0))
        .line((272.0, 318.0))
        .line((280.0, FLOOR))
        .line((120.0, FLOOR))
        .close();
    d.shape(&blade, STEEL);
    d.flat(
        &Path::from((122.0, FLOOR - 10.0))
            .line((278.0, FLOOR - 10.0))
            .line((279.0, FLOOR - 1.0))
            .line((121.0, FLOOR - 1.0))
            .close(),
        WHITE,
    );
    d.flat(
        &Path::from((236.0, 319.0))
            .line((271.0, 319.0))
            .line((276.0, FLOOR - 11.0))
            .line((240.0, FLOOR - 11.0))
            .close(),
        STEEL.shade(),
    );
    d.line(
        &Path::through(&[(140.0, 325.0), (208.0, 325.0)]),
        STEEL.light(),
        3.0,
    );
}

fn trug(d: &mut Drawing) {
    d.tube(
        &Path::from((86.0, 262.0)).cubic((92.0, 66.0), (308.0, 66.0), (314.0, 262.0)),
        WOOD,
        12.0,
    );
    d.line(
        &Path::from((92.0, 250.0)).cubic((104.0, 74.0), (296.0, 74.0), (308.0, 250.0)),
        WOOD.light(),
        3.0,
    );
    d.shape(&Path::ellipse((MIDDLE, 262.0), 138.0, 15.0), BARK);
    for (x, turn) in [(262.0, 54.0), (238.0, 74.0)] {
        carrot(d, (x, 246.0), turn - 128.0, 64.0);
    }
    for (x, y, size) in [
        (110.0, 250.0, 21.0),
        (150.0, 244.0, 23.0),
        (130.0, 226.0, 20.0),
        (190.0, 252.0, 22.0),
        (176.0, 228.0, 20.0),
    ] {
        cherry(d, (x, y), size, RED);
    }
    let body = Path::from((60.0, 258.0))
        .quad((MIDDLE, 284.0), (340.0, 258.0))
        .cubic((330.0, 318.0), (298.0, 338.0), (280.0, 342.0))
        .quad((MIDDLE, FLOOR + 10.0), (120.0, 342.0))
        .cubic((102.0, 338.0), (70.0, 318.0), (60.0, 258.0))
        .close();
    d.shape(&body, JUTE);
    let far = Path::from((290.0, 266.0))
        .line((338.0, 260.0))
        .cubic((328.0, 318.0), (298.0, 337.0), (280.0, 341.0))
        .line((252.0, 346.0))
        .quad((284.0, 310.0), (290.0, 266.0))
        .close();
    d.flat(&far, JUTE.shade());
    for (y, half, low) in [
        (279.0, 126.0, 20.0),
        (297.0, 116.0, 19.0),
        (314.0, 104.0, 17.0),
        (330.0, 86.0, 13.0),
    ] {
        d.line(
            &Path::from((MIDDLE - half, y - low * 0.4))
                .quad((MIDDLE, y + low), (MIDDLE + half, y - low * 0.4)),
            BARK,
            2.0,
        );
    }
    let mut weave = Path::default();
    for index in -6_i32..=6 {
        let x = f64::from(index) * 19.0;
        for row in 0..4 {
            if (index + row) % 2 == 0 {
                let y = 274.0 + 17.0 * f64::from(row) - x.abs() * 0.06;
                let slope = 1.0 - 0.07 * f64::from(row);
                weave = weave.and(&Path::through(&[
                    (MIDDLE + x * slope, y),
                    (MIDDLE + x * (slope - 0.06), y + 13.0),
                ]));
            }
        }
    }
    d.line(&weave, BARK, 4.0);
    d.tube(
        &Path::from((60.0, 258.0)).quad((MIDDLE, 284.0), (340.0, 258.0)),
        WOOD,
        10.0,
    );
}

fn twine(d: &mut Drawing) {
    let jute = DEEP.mix(OLIVE, 0.55);
    d.shape(&Path::block((122.0, 318.0), (156.0, 28.0), 8.0), WOOD);
    d.flat(
        &Path::block((240.0, 320.0), (36.0, 24.0), 7.0),
        WOOD.shade(),
    );
    let wound = Path::from((142.0, 148.0))
        .cubic((116.0, 190.0), (116.0, 280.0), (140.0, 320.0))
        .line((260.0, 320.0))
        .cubic((284.0, 280.0), (284.0, 190.0), (258.0, 148.0))
        .close();
    d.shape(&wound, jute);
    let far = Path::from((232.0, 149.0))
        .line((257.0, 149.0))
        .cubic((283.0, 190.0), (283.0, 280.0), (259.0, 319.0))
        .line((234.0, 319.0))
        .cubic((254.0, 270.0), (254.0, 200.0), (232.0, 149.0))
        .close();
    d.flat(&far, jute.shade());
    let mut turns = [Path::default(), Path::default()];
    for index in 0..12_u32 {
        let y = 158.0 + 13.0 * f64::from(index);
        let half = 62.0 + 15.0 * (f64::from(index) / 11.0 * std::f64::consts::PI).sin();
        let turn =
            Path::from((MIDDLE - half, y)).quad((MIDDLE, y + 12.0), (MIDDLE + half, y + 6.0));
        let tone = index as usize % 2;
        turns[tone] = std::mem::take(&mut turns[tone]).and(&turn);
    }
    d.line(&turns[0], jute.shade().shade(), 2.0);
    d.line(&turns[1], jute.light(), 2.4);
    d.shape(&Path::block((122.0, 122.0), (156.0, 28.0), 8.0), WOOD);
    d.flat(
        &Path::block((240.0, 124.0), (36.0, 24.0), 7.0),
        WOOD.shade(),
    );
    d.line(
        &Path::through(&[(134.0, 130.0), (196.0, 130.0)]),
        WOOD.light(),
        4.0,
    );
    d.shape(&Path::ellipse((MIDDLE, 122.0), 20.0, 4.6), BARK);
    d.tube(
        &Path::from((264.0, 292.0))
            .cubic((310.0, 296.0), (284.0, 352.0), (322.0, 352.0))
            .quad((350.0, 352.0), (344.0, 334.0)),
        jute,
        4.6,
    );
}
